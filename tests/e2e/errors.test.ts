import { status } from '@grpc/grpc-js';
import { Cluster } from '../support/cluster';
import { renderText } from '../../report/text';
import type { TestFrontend } from '../support/frontend';
import { grpcError, throttled, type Intercept } from '../support/frontend';
import { registerNamespace } from '../support/namespace';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(120_000);

/** What these tests assert does not depend on speed, so the thresholds leave room for a busy machine. */
const short = { rate: 20, duration: '3s', rampUp: '500ms', lanes: 1, minThroughput: 1, maxP99: '1m' };

let cluster: Cluster;
let frontend: TestFrontend;
beforeAll(async () => {
  cluster = await Cluster.start({ generators: 1, withFrontend: true });
  frontend = cluster.frontend!;
});
afterAll(() => cluster.stop());

async function failing(workflowId: string, method: string, intercept: Intercept, input: object = short) {
  const before = frontend.calls[method] ?? 0;
  frontend.intercept(method, intercept);
  await cluster.start(workflowId, input);
  const outcome = await cluster.outcome(workflowId);
  frontend.release(method);
  return { ...outcome, calls: (frontend.calls[method] ?? 0) - before };
}

test('registering a namespace denied: not retried, and --namespace is suggested', async () => {
  const deny = () => Promise.reject(grpcError(status.PERMISSION_DENIED, 'not for you'));
  const { error, result, calls } = await failing('denied', 'RegisterNamespace', deny);
  expect(calls).toBe(1);
  expect(error).toMatch(
    /could not be registered: PERMISSION_DENIED: not for you\n.*use an existing one with --namespace/,
  );
  expect(result).toMatchObject({
    outcome: 'BAD_CONFIGURATION',
    outcomes: ['BAD_CONFIGURATION', 'ERROR'],
    exitCode: 104,
  });
});

test('an existing namespace whose retention the run could outlive is refused before any load', async () => {
  await registerNamespace(cluster.target.connection, 'short-memory', 3600);
  await cluster.start('outliving', { ...short, namespace: 'short-memory', duration: '2h' });
  const { error, result } = await cluster.outcome('outliving');
  expect(error).toMatch(
    /^the retention of the namespace short-memory is 3600 s; it must exceed the longest possible duration of the run, \d+ s/,
  );
  expect(result).toMatchObject({ exitCode: 104, ledger: { scheduled: 0 } });
});

test('a namespace that does not exist is one message: nothing is left to clean up by hand', async () => {
  await cluster.start('misspelled', { ...short, namespace: 'nowhere' });
  const { error, result } = await cluster.outcome('misspelled');
  expect(error).toBe('the namespace "nowhere" does not exist on the target; use an existing one');
  expect(result).toMatchObject({
    outcomes: ['BAD_CONFIGURATION', 'ERROR'],
    cleanup: { complete: true, warnings: [], commands: [] },
  });
  expect(renderText(result!)).not.toMatch(/DOES NOT AGREE|temporal workflow terminate/);
});

test('registering the control namespace denied: the worker says that an existing one has to be named', async () => {
  frontend.intercept('RegisterNamespace', () => Promise.reject(grpcError(status.PERMISSION_DENIED, 'not for you')));
  const ended = await cluster.home.run(['worker', '--control-address', frontend.address]).ended;
  frontend.release('RegisterNamespace');
  expect(ended.code).toBe(104);
  expect(ended.stderr).toMatch(
    /the control namespace benchmark-control cannot be used \(PERMISSION_DENIED: not for you\); use an existing one with --control-namespace/,
  );
});

test('a run under an id that is in use, and on a control server without a worker, says what to do', async () => {
  const at = ['--control-address', cluster.control.address, '--address', frontend.address, '--lanes', '1'];
  await cluster.start('in-use', { ...short, duration: '5s' });
  const twice = await cluster.home.run(['run', '--workflow-id', 'in-use', ...at]).ended;
  expect(twice).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/the run in-use is already in progress.* benchmark watch in-use/) as string,
  });
  await cluster.outcome('in-use');
  const nowhere = await cluster.home.run(['run', '--control-namespace', 'nobody', ...at]).ended;
  expect(nowhere).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/could not be started in the namespace nobody .*not found: 'nobody'/) as string,
  });
});

test('registering a namespace fails: three tries, then the cause', async () => {
  const fail = () => Promise.reject(grpcError(status.UNAVAILABLE, 'out to lunch'));
  const { error, calls } = await failing('unavailable', 'RegisterNamespace', fail);
  expect(calls).toBe(3);
  expect(error).toMatch(/could not be registered: UNAVAILABLE: out to lunch/);
});

test('a start fails: counted by its cause and scope, and the run continues', async () => {
  let starts = 0;
  const { result } = await failing('every-tenth', 'StartWorkflowExecution', async (_request, forward) => {
    starts += 1;
    if (starts % 10 === 0) throw throttled();
    return await forward();
  });
  expect(result!.ledger).toMatchObject({
    scheduled: 55,
    acknowledged: 50,
    rejected: { 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace': 5 },
  });
  expect(starts).toBe(55);
  expect(result).toMatchObject({ outcome: 'FAILED', exitCode: 99 });
  expect(result!.failureReasons.join()).toMatch(/error rate 10 % exceeds the maximum of 1 %/);
  expectSoundAccount(result!);
});

test('a namespace that cannot be deleted: a warning with the command, and the measurement stands', async () => {
  const fail = () => Promise.reject(grpcError(status.PERMISSION_DENIED, 'keep it'));
  const { result } = await failing('undeletable', 'DeleteNamespace', fail, { ...short, deleteNamespace: true });
  expect(result).toMatchObject({
    outcome: 'PASSED',
    exitCode: 0,
    cleanup: { complete: true, namespaceDeleted: false },
  });
  expect(result!.cleanup!.warnings.join()).toMatch(
    /PERMISSION_DENIED: keep it; delete it with: temporal operator namespace delete --namespace benchmark-/,
  );
});

test('a cleanup that fails changes the exit code, not the measurement, and leaves the commands that finish it', async () => {
  const fail: Intercept = (request, forward) =>
    request.includes("ExecutionStatus = 'Running'") ? Promise.reject(grpcError(status.INTERNAL, 'broken')) : forward();
  const { result } = await failing('unclean', 'CountWorkflowExecutions', fail);
  expect(result).toMatchObject({
    outcome: 'CLEANUP_INCOMPLETE',
    exitCode: 113,
    passed: true,
    cleanup: { complete: false },
  });
  expect(result!.cleanup!.commands[0]).toMatch(/^temporal workflow terminate --namespace benchmark-unclean-/);
  expectSoundAccount(result!);
});
