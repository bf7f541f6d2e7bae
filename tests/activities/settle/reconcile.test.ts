import { createReconcile } from '../../../activities/settle/reconcile';
import type { ReconcileInput } from '../../../orchestrator/activity-types';
import type { TargetConnections } from '../../../temporal/target-connections';
import { FakeTarget, grpcFailure, type FakeWorkflow, type Status } from '../../support/fake-target';
import { simple } from '../../support/lane';
import { passTimeUntil, useFakeTime } from '../../support/passing-time';
import { countedStep, ownedRun } from '../../support/steps';
import { status } from '@grpc/grpc-js';

jest.mock('node:timers/promises', () => jest.requireActual<object>('../../support/timers-promises'));
useFakeTime();

const workflows = (count: number, change: Partial<FakeWorkflow> = {}, from = 0): FakeWorkflow[] =>
  Array.from({ length: count }, (_, i) => {
    return { id: `run-1/1/1/0/${from + i}`, type: 'simple', status: 'Completed' as Status, ...change };
  });

function reconciling(listed: FakeWorkflow[], change: Partial<ReconcileInput>) {
  const target = new FakeTarget({ [ownedRun.namespace]: { workflows: listed } });
  const targets = { get: async () => target.connection } as unknown as TargetConnections;
  const input: ReconcileInput = {
    run: ownedRun,
    steps: [],
    kinds: [simple],
    completionTimeoutMs: 120_000,
    countWindows: [],
    ...change,
  };
  const startedAt = Date.now();
  const reconcile = async () => {
    const result = await passTimeUntil(createReconcile({ targets, clock: async () => Date.now })(input));
    return { ...result, tookMs: Date.now() - startedAt };
  };
  return { target, reconcile };
}

test('a ledger that agrees with the server is reconciled without waiting, with the server’s counts by status', async () => {
  const listed = [
    ...workflows(7),
    ...workflows(2, { status: 'Failed' }, 7),
    ...workflows(1, { status: 'TimedOut' }, 9),
  ];
  const { reconcile } = reconciling(listed, { steps: [countedStep({ scheduled: 10, acknowledged: 10 })] });
  expect(await reconcile()).toMatchObject({
    steps: [{ name: '1', attempt: 1, server: { total: 10, completed: 7, failed: 2, timedOut: 1, open: 0 } }],
    settledBy: 'nothing to settle',
    open: [],
    disagreements: [],
  });
});

test('reconciliation waits for delayed visibility and reports how long', async () => {
  const listed = workflows(8);
  const { reconcile } = reconciling(listed, { steps: [countedStep({ scheduled: 10, acknowledged: 10 })] });
  setTimeout(() => listed.push(...workflows(2, {}, 8)), 20_000);
  const { open, visibilityWaitMs } = await reconcile();
  expect(open).toEqual([]);
  expect(visibilityWaitMs).toBeGreaterThanOrEqual(20_000);
  expect(visibilityWaitMs).toBeLessThan(25_000);
});

test('the time until the last workflows close is not a lag of visibility', async () => {
  const listed = workflows(10, { status: 'Running' });
  const { reconcile } = reconciling(listed, {
    steps: [countedStep({ scheduled: 10, acknowledged: 10 }), countedStep({ scheduled: 10, acknowledged: 10 })],
  });
  setTimeout(() => listed.splice(0, 10, ...workflows(10)), 20_000);
  const { open, visibilityWaitMs, tookMs } = await reconcile();
  expect(open).toEqual([]);
  expect(tookMs).toBeGreaterThanOrEqual(20_000);
  expect(visibilityWaitMs).toBeLessThan(1000);
});

test('counts are read at most once per second, after a few first ones', async () => {
  const { target, reconcile } = reconciling(workflows(9), {
    steps: [countedStep({ scheduled: 10, acknowledged: 10 })],
  });
  const asked = jest.spyOn(target, 'countWorkflowExecutions');
  await reconcile();
  expect(asked.mock.calls.length).toBeGreaterThan(55);
  expect(asked.mock.calls.length).toBeLessThanOrEqual(66);
});

test('after a minute, a disagreement is reported with the ids on each side', async () => {
  const { reconcile } = reconciling([...workflows(9), ...workflows(1, {}, 77)], {
    steps: [countedStep({ scheduled: 12, acknowledged: 12 })],
  });
  const { open, disagreements, tookMs } = await reconcile();
  expect(tookMs).toBeGreaterThanOrEqual(60_000);
  expect(disagreements).toMatchObject([{ onlyInAccount: { count: 3 }, onlyOnServer: { ids: ['run-1/1/1/0/77'] } }]);
  expect(open).toEqual([expect.stringContaining('the ledger has 12 workflows, the server lists 10')]);
});

/** Hides workflows from lists and counts, or shows another status there; describing them shows what they are. */
function lagging(target: FakeTarget, shown: (workflow: FakeWorkflow) => FakeWorkflow | undefined) {
  const visible = () => {
    const all = target.namespaces[ownedRun.namespace]!.workflows;
    return new FakeTarget({ [ownedRun.namespace]: { workflows: all.flatMap((one) => shown(one) ?? []) } });
  };
  target.countWorkflowExecutions = (request) => visible().countWorkflowExecutions(request);
  target.listWorkflowExecutions = (request) => visible().listWorkflowExecutions(request);
}

test('workflows that visibility does not list after a minute are counted by their ids, and windows are not counted', async () => {
  const listed = [...workflows(40), ...workflows(3, { status: 'Failed' }, 40)];
  const { target, reconcile } = reconciling(listed, {
    steps: [countedStep({ scheduled: 45, acknowledged: 43, skipped: { fenced: 2 } })],
    countWindows: [{ stepIndex: 0, fromMs: 0, toMs: 1 }],
  });
  lagging(target, (one) => (Number(one.id.split('/').at(-1)) < 30 ? one : undefined));
  const result = await reconcile();
  expect(result).toMatchObject({ open: [], disagreements: [], unlisted: 13, completedInWindow: [] });
  expect(result.steps[0]!.server).toMatchObject({ total: 43, completed: 40, failed: 3, open: 0 });
});

test('a workflow that neither visibility nor its id shows is still reported beside those that visibility lacks', async () => {
  const { target, reconcile } = reconciling(workflows(10), {
    steps: [countedStep({ scheduled: 12, acknowledged: 12 })],
  });
  lagging(target, (one) => (one.id.endsWith('/3') ? undefined : one));
  const { open, disagreements, unlisted } = await reconcile();
  expect(unlisted).toBe(1);
  expect(disagreements).toMatchObject([{ onlyInAccount: { count: 2, ids: ['run-1/1/1/0/10', 'run-1/1/1/0/11'] } }]);
  expect(open).toEqual([expect.stringContaining('the ledger has 12 workflows, the server lists 10')]);
});

test('workflows that have closed, but that visibility lists as open, are counted as closed', async () => {
  const { target, reconcile } = reconciling(workflows(20), {
    steps: [countedStep({ scheduled: 20, acknowledged: 20 })],
    completionTimeoutMs: 10_000,
  });
  lagging(target, (one) => ({ ...one, status: Number(one.id.split('/').at(-1)) < 15 ? one.status : 'Running' }));
  expect((await reconcile()).steps[0]!.server).toMatchObject({ total: 20, completed: 20, open: 0 });
});

test('if too many workflows are missing to describe them all, a sample names the lag', async () => {
  const { target, reconcile } = reconciling(workflows(10_500), {
    steps: [countedStep({ scheduled: 10_500, acknowledged: 10_500 })],
  });
  lagging(target, (one) => (one.id.endsWith('/0/1') ? one : undefined));
  const { open } = await reconcile();
  expect(open).toEqual([expect.stringContaining('100 of 100 workflows that the list lacks exist')]);
});

test('open workflows may take the completion timeout to close, and are counted as open after it', async () => {
  const listed = workflows(10, { status: 'Running' });
  const input = { steps: [countedStep({ scheduled: 10, acknowledged: 10 })], completionTimeoutMs: 30_000 };
  const { reconcile } = reconciling(listed, input);
  setTimeout(() => listed.slice(0, 6).forEach((one) => (one.status = 'Completed')), 10_000);
  const { steps, tookMs } = await reconcile();
  expect(steps[0]!.server).toMatchObject({ total: 10, completed: 6, open: 4 });
  expect(tookMs).toBeGreaterThan(30_000);
  expect(tookMs).toBeLessThan(33_000);
});

test('workflows that wait for messages get them during reconciliation', async () => {
  const listed = workflows(3, { status: 'Running' });
  const { target, reconcile } = reconciling(listed, {
    steps: [countedStep({ scheduled: 3, acknowledged: 3 })],
    kinds: [{ ...simple, messages: { kind: 'signal', count: 1 } }],
  });
  target.onMessage = (workflow) => (workflow.status = 'Completed');
  expect((await reconcile()).steps[0]!.server).toMatchObject({ completed: 3, open: 0 });
});

test('I3c: provisional starts are looked up by id, after the last possible commit of a late start', async () => {
  const endedAtMs = Date.now();
  const ledger = { scheduled: 10, acknowledged: 6, unknown: { DEADLINE_EXCEEDED: 3 }, inDoubt: 1 };
  const step = countedStep(ledger, { unknown: { DEADLINE_EXCEEDED: [6, 3] }, inDoubt: [9, 1] }, { endedAtMs });
  const { target, reconcile } = reconciling(workflows(8), { steps: [step] });
  let firstLookAfterMs = Infinity;
  const describe = target.describeWorkflowExecution.bind(target);
  target.describeWorkflowExecution = async (request) => {
    firstLookAfterMs = Math.min(firstLookAfterMs, Date.now() - endedAtMs);
    return await describe(request);
  };
  expect(await reconcile()).toMatchObject({
    steps: [{ settlement: { foundRejected: {}, foundUnknown: { DEADLINE_EXCEEDED: 2 }, foundInDoubt: 0 } }],
    settledBy: 'describing each id',
    open: [],
  });
  // The deadline of a start is 10 s, and the server may commit it 10 s later.
  expect(firstLookAfterMs).toBeGreaterThanOrEqual(20_000);
});

test('provisional starts without ids are settled by count', async () => {
  const ledger = { scheduled: 10, acknowledged: 6, rejected: { RESOURCE_EXHAUSTED: 4 } };
  const { reconcile } = reconciling(workflows(7), { steps: [countedStep(ledger, { rejected: null })] });
  expect(await reconcile()).toMatchObject({
    steps: [{ settlement: { foundRejected: { RESOURCE_EXHAUSTED: 1 } } }],
    settledBy: 'count',
    open: [],
  });
});

test('completions in a hold are counted by close time; the windows of a step add up', async () => {
  const closed = (closedAtMs: number, type: string, from: number) => workflows(1, { closedAtMs, type }, from);
  const listed = [...closed(999, 'a', 0), ...closed(1000, 'a', 1), ...closed(1999, 'b', 2), ...closed(2000, 'a', 3)];
  const { reconcile } = reconciling(listed, {
    steps: [countedStep({ scheduled: 4, acknowledged: 4 })],
    countWindows: [
      { stepIndex: 1, fromMs: 1000, toMs: 2000 },
      { stepIndex: 2, fromMs: 1000, toMs: 2000, workflowTypes: ['a'] },
      { stepIndex: 2, fromMs: 0, toMs: 3000, workflowTypes: ['b'] },
    ],
  });
  expect((await reconcile()).completedInWindow).toEqual([
    [1, 2],
    [2, 2],
  ]);
});

test('a server that is too busy to count is asked again for two minutes', async () => {
  const busy = (count: number) =>
    Array.from({ length: count }, () => grpcFailure(status.DEADLINE_EXCEEDED, 'too busy'));
  const once = { scheduled: 1, acknowledged: 1 };
  const { target, reconcile } = reconciling(workflows(1, {}), { steps: [countedStep(once)] });
  target.fail('countWorkflowExecutions', ...busy(100));
  expect(await reconcile()).toMatchObject({ steps: [{ server: { total: 1 } }], open: [], disagreements: [] });
  target.fail('countWorkflowExecutions', ...busy(1000));
  const tooBusy = {
    nonRetryable: true,
    message: 'the server was too busy to count the workflows: DEADLINE_EXCEEDED: too busy',
  };
  await expect(reconcile()).rejects.toMatchObject(tooBusy);
  // After an abort, the report does not wait for it.
  const aborted = reconciling(workflows(1, {}), { steps: [countedStep(once)], visibilityTimeoutMs: 15_000 });
  aborted.target.fail('countWorkflowExecutions', ...busy(20));
  await expect(aborted.reconcile()).rejects.toMatchObject(tooBusy);
});

test('a deleted namespace has its own failure type and is not retried; other errors are rethrown', async () => {
  const { target, reconcile } = reconciling([], { steps: [countedStep({ scheduled: 1, acknowledged: 1 })] });
  target.fail('countWorkflowExecutions', grpcFailure(status.PERMISSION_DENIED, 'not for you'));
  await expect(reconcile()).rejects.toMatchObject({ code: status.PERMISSION_DENIED });
  delete target.namespaces[ownedRun.namespace];
  await expect(reconcile()).rejects.toMatchObject({ type: 'NamespaceGone', nonRetryable: true });
});
