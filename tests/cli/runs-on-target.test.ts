import { status } from '@grpc/grpc-js';
import { lastPollMs, markedNamespaces, workflowsInShared, type RunOnTarget } from '../../cli/runs-on-target';
import { isLoadWorkflowId, isRunId, runIdOf } from '../../orchestrator/names';
import { FakeTarget, grpcFailure } from '../support/fake-target';

const RUN = 'run-1a2b3c4d';
const shared: RunOnTarget = { runId: RUN, namespace: 'load', ownsNamespace: false, hasEnded: false };
const owned: RunOnTarget = { ...shared, namespace: `benchmark-${RUN}`, ownsNamespace: true };

test('every run ID is one, and what could change a path or a query is none', () => {
  for (const workflowId of ['a', 'Orders of May', "o'neil", '.', `${'x'.repeat(39)}-y`, 'ünïcode'])
    expect([workflowId, isRunId(runIdOf(workflowId, '01a214aa-d7c0-71de-933a-bf138e825fe6'))]).toEqual([
      workflowId,
      true,
    ]);
  for (const text of ['orders', "x'-1a2b3c4d", '../x-1a2b3c4d', 'x/y-1a2b3c4d', '-1a2b3c4d', 'x-1a2b3c4d\n', ''])
    expect([text, isRunId(text)]).toEqual([text, false]);
});

test('a workflow ID of the load names the step, the attempt, the lane and the arrival', () => {
  for (const id of [`${RUN}/1/1/0/0`, `${RUN}/2r/1/3/17`, `${RUN}/1/1/0/0/child-2`])
    expect([id, isLoadWorkflowId(id, RUN)]).toEqual([id, true]);
  for (const id of [`${RUN}/1`, `${RUN}/orders/2026`, RUN, `x${RUN}/1/1/0/0`, `${RUN}/1/1/0/0x`])
    expect([id, isLoadWorkflowId(id, RUN)]).toEqual([id, false]);
});

test('the namespaces of runs are those with the mark and the name of the run', async () => {
  const target = new FakeTarget({
    [owned.namespace]: { owner: RUN, workflows: [] },
    'benchmark-over-1a2b3c4d': { owner: 'over-1a2b3c4d', endedAt: '2026-01-02T03:04:05Z', workflows: [] },
    'benchmark-users': { workflows: [] },
    renamed: { owner: RUN, workflows: [] },
  });
  expect(await markedNamespaces(target.connection)).toEqual([
    owned,
    { ...owned, runId: 'over-1a2b3c4d', namespace: 'benchmark-over-1a2b3c4d', hasEnded: true },
  ]);
});

test('in a shared namespace, workflows whose IDs only look like those of the run are found', async () => {
  const found = (...ids: string[]) => {
    const workflows = ids.map((id) => ({ id, status: 'Running' as const }));
    return workflowsInShared(new FakeTarget({ load: { workflows } }).connection, shared);
  };
  expect(await found('run-1a2b3c4e/1/1/0/0')).toEqual({ exist: false, foreign: [] });
  expect(await found(`${RUN}/1/1/0/0`)).toEqual({ exist: true, foreign: [] });
  expect((await found(`${RUN}/1/1/0/0`, `${RUN}/1`)).foreign).toEqual([`${RUN}/1`]);
  // Also behind the first page of the list.
  const load = Array.from({ length: 1500 }, (_, i) => `${RUN}/1/1/0/${i}`);
  expect((await found(...load, `${RUN}/orders/2026`)).foreign).toEqual([`${RUN}/orders/2026`]);
});

describe('a run may be in progress if its workers have polled within the last minute', () => {
  const age = async (run: RunOnTarget, queue: string, secondsAgo: number, taskQueue?: string) => {
    const polledAtMs = { [queue]: Date.now() - secondsAgo * 1000 };
    const workflows = [{ id: `${RUN}/2/1/0/0`, status: 'Running' as const, taskQueue }];
    return await lastPollMs(new FakeTarget({ [run.namespace]: { polledAtMs, workflows } }).connection, run);
  };

  test.each([
    ['hosts', `benchmark-${RUN}`, undefined],
    ['the generator of a first lane that has sent nothing', `benchmark-${RUN}.1.1.0`, undefined],
    ['the generator of a later step', `benchmark-${RUN}.2.1.0`, `benchmark-${RUN}.2.1.0`],
    ['workers of the user in the namespace of the run', 'orders', 'orders'],
  ])('%s', async (_who, queue, taskQueue) => {
    expect(await age(owned, queue, 30, taskQueue)).toBeGreaterThan(29_000);
    expect(await age(owned, queue, 90, taskQueue)).toBeUndefined();
    expect(await age({ ...owned, hasEnded: true }, queue, 30, taskQueue)).toBeUndefined();
  });

  test.each([-3_600_000, 3_600_000])("with the server's clock %d ms ahead of this machine", async (aheadMs) => {
    const ageOf = async (secondsAgo: number, isPermitted: boolean) => {
      const polledAtMs = { [`benchmark-${RUN}`]: Date.now() + aheadMs - secondsAgo * 1000 };
      const target = new FakeTarget({ [owned.namespace]: { polledAtMs, workflows: [] } });
      target.aheadMs = aheadMs;
      if (!isPermitted) target.fail('pollWorkflowTaskQueue', grpcFailure(status.PERMISSION_DENIED));
      return await lastPollMs(target.connection, owned);
    };
    expect(await ageOf(30, true)).toBeGreaterThan(29_000);
    expect(await ageOf(90, true)).toBeUndefined();
    // Without the server's clock, a worker that the server knows may still poll.
    for (const secondsAgo of [30, 90]) expect(await ageOf(secondsAgo, false)).toBeGreaterThanOrEqual(0);
  });

  test('workers of the user in a shared namespace prove nothing', async () => {
    expect(await age(shared, 'orders', 30, 'orders')).toBeUndefined();
    expect(await age(shared, `benchmark-${RUN}.2.1.0`, 30, `benchmark-${RUN}.2.1.0`)).toBeGreaterThan(29_000);
  });
});
