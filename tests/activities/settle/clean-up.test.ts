import { status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { cleanUpRun, createCleanUp } from '../../../activities/settle/clean-up';
import type { TargetConnections } from '../../../temporal/target-connections';
import { FakeTarget, grpcFailure, type FakeWorkflow, type Status } from '../../support/fake-target';

const copies = (all: readonly FakeWorkflow[]) => all.map((one) => ({ ...one }));
const isRunning = (one: FakeWorkflow) => one.status === 'Running';
const terminated = (namespace: string, all: readonly FakeWorkflow[]) =>
  all.filter(isRunning).map(({ id }) => `terminate ${namespace}:${id}`);

const workflows = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom('run-1/a', 'run-1/b', 'run-1/c', 'run-2/a', 'run-10/a', 'users'),
    status: fc.constantFrom<Status>('Running', 'Running', 'Completed', 'Failed', 'ContinuedAsNew'),
  }),
  { selector: ({ id }) => id },
);
const shared = { runId: 'run-1', namespace: 'shared', ownsNamespace: false };
const quick = { pauseMs: 0, longestMs: 60_000 };
const owned = { runId: 'run-1', namespace: 'benchmark-run-1', ownsNamespace: true };

/** Lets a second pass at each look at the clock. */
function timePassing() {
  let now = 0;
  return jest.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
}

test('P11, P12: cleanup terminates the running workflows of the run in a shared namespace and touches nothing else; a second cleanup does nothing', async () => {
  await fc.assert(
    fc.asyncProperty(workflows, workflows, async (inside, others) => {
      const target = new FakeTarget({ shared: { workflows: copies(inside) }, other: { workflows: copies(others) } });
      const expected = terminated(
        'shared',
        inside.filter(({ id }) => id.startsWith('run-1/')),
      );
      expect(await cleanUpRun(target.connection, shared, false, quick)).toMatchObject({
        complete: true,
        terminated: expected.length,
        stillRunning: 0,
      });
      expect(target.log.sort()).toEqual(expected.sort());
      expect(await cleanUpRun(target.connection, shared, false, quick)).toMatchObject({
        complete: true,
        terminated: 0,
      });
    }),
    { numRuns: 100 },
  );
});

test('R8.1: cleanup terminates everything only in a namespace with our prefix and the mark of this run', async () => {
  const names = fc.constantFrom('benchmark-run-1', 'default', 'production');
  const owners = fc.constantFrom(undefined, 'run-1', 'run-2');
  await fc.assert(
    fc.asyncProperty(names, owners, workflows, async (namespace, owner, inside) => {
      const target = new FakeTarget({ [namespace]: { owner, workflows: copies(inside) } });
      const result = await cleanUpRun(target.connection, { ...owned, namespace }, true, quick);
      const isOurs = namespace === 'benchmark-run-1' && owner === 'run-1';
      expect(target.log).toEqual(isOurs ? [...terminated(namespace, inside), `delete ${namespace}`] : []);
      expect(result.namespaceDeleted).toBe(isOurs);
      if (namespace !== 'benchmark-run-1') expect(result.complete).toBe(false);
    }),
    { numRuns: 100 },
  );
});

test('a workflow that closes between the list and its termination does not fail the cleanup', async () => {
  const target = new FakeTarget({ shared: { workflows: [{ id: 'run-1/a', status: 'Running' }] } });
  target.fail('terminateWorkflowExecution', grpcFailure(status.NOT_FOUND));
  expect(await cleanUpRun(target.connection, shared, false, quick)).toMatchObject({ complete: true, warnings: [] });
});

test('a cleanup that fails reports why and returns the commands that finish it by hand', async () => {
  const target = new FakeTarget({
    'benchmark-run-1': { owner: 'run-1', workflows: [{ id: 'run-1/a', status: 'Running' }] },
  });
  target.fail('terminateWorkflowExecution', grpcFailure(status.PERMISSION_DENIED, 'not for you'));
  const result = await cleanUpRun(target.connection, owned, true, quick);
  expect(result).toMatchObject({ complete: false, stillRunning: 1, namespaceDeleted: false });
  expect(result.warnings.join()).toContain('PERMISSION_DENIED: not for you');
  expect(result.commands).toEqual([
    expect.stringMatching(
      /^temporal workflow terminate --namespace benchmark-run-1 --query "ExecutionStatus = 'Running'"/,
    ),
    'temporal operator namespace delete --namespace benchmark-run-1 --yes',
  ]);
  expect(target.log).toEqual([]);
});

test('a namespace that cannot be deleted is a warning with the command; the cleanup is complete', async () => {
  const target = new FakeTarget({ 'benchmark-run-1': { owner: 'run-1', workflows: [] } });
  target.fail('deleteNamespace', grpcFailure(status.PERMISSION_DENIED, 'keep it'));
  const result = await cleanUpRun(target.connection, owned, true, quick);
  expect(result).toMatchObject({ complete: true, namespaceDeleted: false });
  expect(result.warnings.join()).toMatch(
    /keep it.*temporal operator namespace delete --namespace benchmark-run-1 --yes/,
  );
});

test('a run that has cleaned up notes in its namespace that it is over, if the server permits it', async () => {
  const clean = async (isPermitted: boolean) => {
    const target = new FakeTarget({ 'benchmark-run-1': { owner: 'run-1', workflows: [] } });
    if (!isPermitted) target.fail('updateNamespace', grpcFailure(status.PERMISSION_DENIED));
    const targets = { get: async () => target.connection } as unknown as TargetConnections;
    const run = { ...owned, workflowId: 'run', taskQueue: 'queue' };
    expect(await createCleanUp({ targets })(run, false)).toMatchObject({ complete: true, warnings: [] });
    return target.namespaces['benchmark-run-1']!.endedAt;
  };
  expect(await clean(true)).toMatch(/^\d{4}-\d\d-\d\dT/);
  expect(await clean(false)).toBeUndefined();
});

test('a shared namespace that does not exist needs no cleanup; other errors leave it incomplete', async () => {
  const target = new FakeTarget({});
  expect(await cleanUpRun(target.connection, shared, false, quick)).toMatchObject({
    ...{ complete: true, terminated: 0, stillRunning: 0 },
    ...{ warnings: [], commands: [] },
  });
  const unreadable = new FakeTarget({ shared: { workflows: [] } });
  unreadable.fail('countWorkflowExecutions', grpcFailure(status.NOT_FOUND, 'no visibility'));
  expect(await cleanUpRun(unreadable.connection, shared, false, quick)).toMatchObject({ complete: false });
});

test('a namespace that was never registered needs no cleanup', async () => {
  const result = await cleanUpRun(new FakeTarget({}).connection, owned, true, quick);
  expect(result).toMatchObject({ complete: true, terminated: 0, namespaceDeleted: false, commands: [] });
});

test.each<[string, Status, boolean]>([
  ['that have closed do not leave the cleanup incomplete; a warning names the lag', 'Completed', true],
  ['that cannot be terminated leave it incomplete', 'Running', false],
])('workflows that visibility lists as running and %s', async (_what, state, complete) => {
  const inside: FakeWorkflow[] = ['run-1/a', 'run-1/b'].map((id) => ({ id, status: state }));
  const target = new FakeTarget({ shared: { workflows: inside } });
  const shown = new FakeTarget({ shared: { workflows: inside.map((one) => ({ ...one, status: 'Running' })) } });
  target.countWorkflowExecutions = (request) => shown.countWorkflowExecutions(request);
  target.listWorkflowExecutions = (request) => shown.listWorkflowExecutions(request);
  if (!complete) target.terminateWorkflowExecution = async () => undefined;
  const passing = timePassing();
  const result = await cleanUpRun(target.connection, shared, false, quick);
  passing.mockRestore();
  expect(result.complete).toBe(complete);
  expect(result.warnings.join()).toMatch(complete ? /visibility of the server lags behind: it still lists 2/ : /^$/);
});

const busy = grpcFailure(status.RESOURCE_EXHAUSTED, 'too many requests');
const many = (count: number) =>
  Array.from({ length: count }, (_, i): FakeWorkflow => ({ id: `run-1/${i}`, status: 'Running' }));

test('a server that throttles, or does not answer in time, is asked again, and every workflow is terminated', async () => {
  const target = new FakeTarget({ [owned.namespace]: { owner: 'run-1', workflows: many(50) } });
  target.fail('describeNamespace', busy, busy);
  target.fail('terminateWorkflowExecution', ...many(60).map(() => busy));
  target.fail('countWorkflowExecutions', grpcFailure(status.DEADLINE_EXCEEDED));
  target.fail('listWorkflowExecutions', grpcFailure(status.UNAVAILABLE));
  expect(await cleanUpRun(target.connection, owned, false, quick)).toMatchObject({
    ...{ complete: true, terminated: 50, stillRunning: 0, warnings: [], commands: [] },
  });
});

test('a server that throttles for good ends the cleanup, with its message and what is left', async () => {
  const target = new FakeTarget({ shared: { workflows: many(3) } });
  target.fail('terminateWorkflowExecution', ...many(1000).map(() => busy));
  const passing = timePassing();
  const result = await cleanUpRun(target.connection, shared, false, quick);
  passing.mockRestore();
  expect(result).toMatchObject({ complete: false, terminated: 0, stillRunning: 3 });
  expect(result.warnings.join()).toMatch(/^cleanup failed: RESOURCE_EXHAUSTED.*too many requests/);
});

test.each([
  [true, false],
  [false, true],
])(
  'a slow cleanup goes on while workflows are terminated; that of an aborted run (%p) ends after 30 s',
  async (isAborted, complete) => {
    const target = new FakeTarget({ shared: { workflows: many(6) } });
    const terminate = target.terminateWorkflowExecution.bind(target);
    let now = 0;
    // Each termination takes ten seconds.
    target.terminateWorkflowExecution = async (request) => {
      now += 10_000;
      return await terminate(request);
    };
    const list = target.listWorkflowExecutions.bind(target);
    target.listWorkflowExecutions = async (request) => await list({ ...request, pageSize: 1 });
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    const targets = { get: async () => target.connection } as unknown as TargetConnections;
    const run = { ...shared, workflowId: 'run', taskQueue: 'queue' };
    const result = await createCleanUp({ targets })(run, false, isAborted);
    clock.mockRestore();
    expect(result).toMatchObject({ complete, terminated: complete ? 6 : 3, stillRunning: complete ? 0 : 4 });
  },
);
