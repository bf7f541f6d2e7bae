import { status } from '@grpc/grpc-js';
import { Cluster } from '../support/cluster';
import { checkAccount } from '../support/check-account';
import { grpcError } from '../support/frontend';
import { registerNamespace } from '../support/namespace';
import { expectPassed, expectSoundAccount } from '../support/result';
import { variant } from '../support/variant';

jest.setTimeout(240_000);

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start({ generators: 1, withFrontend: true });
  await registerNamespace(cluster.target.connection, 'ours', 86_400);
});
afterAll(() => cluster.stop());

const load = { rate: 10, duration: '8s', rampUp: '1s', namespace: 'ours', ...variant };

/** Runs a benchmark in a namespace of the user, on a server that refuses some calls. */
async function refusing(methods: readonly string[], code: status) {
  const { frontend } = cluster;
  const id = `without-${methods[0]}-${code}`;
  const before = methods.map((method) => frontend!.calls[method] ?? 0);
  for (const method of methods) frontend!.intercept(method, () => Promise.reject(grpcError(code, 'not for you')));
  await cluster.start(id, load);
  const outcome = await cluster.outcome(id);
  for (const method of methods) frontend!.release(method);
  const refused = methods.filter((method, i) => (frontend!.calls[method] ?? 0) > before[i]!);
  return { ...outcome, result: outcome.result!, refused };
}

/** What a run reads of its target besides what the load and the account need. */
const DISPENSABLE = ['DescribeTaskQueue', 'GetClusterInfo', 'GetWorkflowExecutionHistory', 'Check'];
/** What only a run without problems of the account and of the cleanup does without. */
const OF_REPAIRS = ['ListWorkflowExecutions', 'TerminateWorkflowExecution', 'UpdateNamespace', 'DeleteNamespace'];

test.each([status.PERMISSION_DENIED, status.UNIMPLEMENTED])(
  'a server permits only the load and counts (code %i): the run passes, and what could not be read is unknown',
  async (code) => {
    const { result, refused } = await refusing([...DISPENSABLE, ...OF_REPAIRS], code);
    expect(refused).toEqual(expect.arrayContaining(['DescribeTaskQueue', 'GetClusterInfo']));
    expectSoundAccount(result);
    await checkAccount(cluster.target, result);
    expectPassed(result);
    expect(result.system).toMatchObject({ serverVersion: 'unknown', persistence: 'unknown', clusterId: 'unknown' });
    expect(result.notes).toEqual([expect.stringMatching(/^the cost of the workload is unknown: .*not for you$/)]);
    expect(result.cleanup).toMatchObject({ complete: true, stillRunning: 0, warnings: [] });
  },
);

test('a proxy that passes only the calls of workflows: doctor judges the target by what answers', async () => {
  const { frontend, home } = cluster;
  for (const code of [status.PERMISSION_DENIED, status.UNIMPLEMENTED]) {
    frontend!.intercept('Check', () => Promise.reject(grpcError(code, 'not for you')));
    const { code: exitCode, stdout } = await home.run(['doctor', '--address', frontend!.address]).ended;
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^✓ target: \S+ is serving, version \d/m)]);
  }
  frontend!.release('Check');
});

test('a server does not permit to count workflows: what ran is reported, and that nothing confirms it', async () => {
  const { result } = await refusing(['CountWorkflowExecutions'], status.PERMISSION_DENIED);
  expect(result).toMatchObject({ outcomes: ['UNACCOUNTED', 'CLEANUP_INCOMPLETE'], exitCode: 112 });
  expect(result.ledger.acknowledged).toBe(result.ledger.scheduled);
  expect(result.notes.join()).toMatch(/the ledger could not be reconciled with the server: .*not for you/);
  expect(result.cleanup!.warnings).toEqual(['cleanup failed: PERMISSION_DENIED: not for you']);
  expect(result.cleanup!.commands).toHaveLength(1);
});

test('a server does not permit to read the namespace: one message, before any load', async () => {
  const { error, result } = await refusing(['DescribeNamespace'], status.PERMISSION_DENIED);
  expect(error).toBe('the namespace ours could not be read: PERMISSION_DENIED: not for you');
  expect(result).toMatchObject({ outcomes: ['ERROR'], ledger: { scheduled: 0 }, cleanup: { complete: true } });
});
