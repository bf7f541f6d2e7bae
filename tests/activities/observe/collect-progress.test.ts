import type { Client } from '@temporalio/client';
import { defaultPayloadConverter, toPayloads } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { LaneAccount } from '../../../activities/generate-load/lane-account';
import { createCollectProgress } from '../../../activities/observe/collect-progress';
import { LaneRecorder, snapshotOf } from '../../../activities/observe/lane-heartbeats';
import type { CollectInput, LaneCheckpoint, StepSnapshot } from '../../../orchestrator/activity-types';
import type { TargetConnections } from '../../../temporal/target-connections';
import { laneInput } from '../../support/lane';

/** The heartbeat of a lane with this many started and rejected arrivals. They completed after 10 ms, the last `slow` after 900 ms. */
function heartbeat(lane: number, started: number, rejected = 0, slow = 0): LaneCheckpoint {
  const account = new LaneAccount(laneInput({ lane, lanes: 2 }));
  for (let i = 0; i < started + rejected; i += 1) {
    account.schedule(i, i);
    if (i >= started) account.fail(i, i, { kind: 'rejected', cause: 'INTERNAL', message: 'broken' });
    else {
      account.acknowledge(i, i, 1);
      account.choose(i);
      const latencyMs = i < started - slow ? 10 : 900;
      account.complete({ sequence: i, atMs: i, latencyMs, serviceMs: latencyMs });
    }
  }
  return account.checkpoint('sending');
}

/** A second passes with each look at the lanes. */
let look = 0;
beforeEach(() => {
  look = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => look * 1000);
});
afterEach(() => jest.restoreAllMocks());

/**
 * Collects from a step whose lanes have these heartbeats, one list per look at them, until the last look or a breach.
 * Returns the signals that the run received.
 */
async function collect(looks: readonly LaneCheckpoint[][], abortOn?: CollectInput['abortOn'], endAfterMs?: number) {
  const env = new MockActivityEnvironment({ workflowExecution: { workflowId: 'step', runId: 'r' } });
  const signals: [string, StepSnapshot | string][] = [];
  const workflowService = {
    async describeWorkflowExecution() {
      const lanes = looks[look] ?? [];
      look += 1;
      if (look > looks.length) env.cancel();
      const activityType = { name: 'generateLoad' };
      return {
        pendingActivities: lanes.map((lane) => ({
          activityType,
          heartbeatDetails: { payloads: toPayloads(defaultPayloadConverter, lane) },
        })),
      };
    },
  };
  const signal = async ({ name }: { name: string }, content: StepSnapshot | string) =>
    void signals.push([name, content]);
  const client = {
    options: { namespace: 'control' },
    connection: { workflowService, withDeadline: (_: number, call: () => unknown) => call() },
    workflow: { getHandle: () => ({ signal }) },
  } as unknown as Client;
  const targets = { get: () => Promise.reject(new Error('no target')) } as unknown as TargetConnections;
  const { run } = laneInput();
  const input: CollectInput = { run, reportTo: 'run', reportEveryMs: 1, stepIndex: 0, abortOn };
  const done = env.run(createCollectProgress({ client, targets }), input).catch(() => undefined);
  if (endAfterMs !== undefined) setTimeout(() => env.cancel(), endAfterMs);
  await done;
  return signals;
}

test('sums over the lanes of a step do not shrink when a lane returns', async () => {
  const signals = await collect([[heartbeat(0, 40, 0), heartbeat(1, 30, 2)], [heartbeat(1, 35, 2)]]);
  const snapshots = signals.map(([, snapshot]) => snapshot as StepSnapshot);
  expect(snapshots.map(({ completed, ledger }) => [completed, ledger.scheduled])).toEqual([
    [70, 72],
    [75, 77],
  ]);
});

test.each([
  ['error rate', { errorRate: 0.05 }, heartbeat(1, 102, 8)],
  ['p99', { p99Ms: 100 }, heartbeat(1, 132, 0, 2)],
])('a lane that returns causes no abort by the %s', async (_name, limits, last) => {
  const looks = [[heartbeat(0, 10), heartbeat(1, 10)], [heartbeat(0, 100), heartbeat(1, 90)], [last]];
  const signals = await collect(looks, { windowMs: 2000, ...limits });
  expect(signals.map(([name]) => name)).toEqual(['snapshot', 'snapshot', 'snapshot']);
});

test('an error rate that does exceed its limit aborts, also beside a lane that has returned', async () => {
  const looks = [[heartbeat(0, 100), heartbeat(1, 100)], [heartbeat(1, 100, 50)], [heartbeat(1, 100, 100)]];
  const signals = await collect(looks, { windowMs: 2000, errorRate: 0.5 });
  expect(signals.at(-1)).toEqual(['breach', expect.stringContaining('100.0 % of the starts failed')]);
});

test('a lane that has returned has nothing in flight', () => {
  const account = new LaneAccount(laneInput({ lanes: 2 }));
  for (let i = 0; i < 4; i += 1) account.schedule(i, i);
  const lanes = new LaneRecorder();
  expect(snapshotOf(lanes.record([account.checkpoint('sending')]), 0)!.inFlight).toBe(4);
  expect(snapshotOf(lanes.record([]), 0)!.inFlight).toBe(0);
});

test('a clock of this machine that is set back an hour delays neither snapshots nor an abort', async () => {
  const beganAt = Date.now();
  jest.spyOn(Date, 'now').mockImplementation(() => beganAt - look * 3_600_000);
  const looks = [[heartbeat(0, 100)], [heartbeat(0, 100, 50)], [heartbeat(0, 100, 100)]];
  const signals = await collect(looks, { windowMs: 2000, errorRate: 0.5 });
  expect(signals.map(([name]) => name)).toEqual(['snapshot', 'snapshot', 'snapshot', 'breach']);
});

test('while lanes wait for their generators, the control server is asked about them once per second', async () => {
  await collect(
    Array.from({ length: 100_000 }, () => []),
    undefined,
    200,
  );
  expect(look).toBeLessThanOrEqual(2);
});
