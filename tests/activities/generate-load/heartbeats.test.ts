import type { Context } from '@temporalio/activity';
import { Fence, type ControlLink, type Proof } from '../../../activities/generate-load/control-link';
import { Heartbeats } from '../../../activities/generate-load/heartbeats';
import type { LaneCheckpoint } from '../../../orchestrator/activity-types';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const TIMEOUT_MS = 5000;

function beating(answer: () => Promise<Proof> | Proof = () => 'current') {
  const cancellation = new AbortController();
  const toCore: unknown[] = [];
  const toControl: unknown[] = [];
  const throughs: (number | undefined)[] = [];
  const fence = new Fence(TIMEOUT_MS, () => performance.now());
  const link = {
    heartbeat: async (details: unknown) => {
      toControl.push(details);
      return await answer();
    },
  } as unknown as ControlLink;
  const context = {
    cancellationSignal: cancellation.signal,
    heartbeat: (details: unknown) => void toCore.push(details),
  } as unknown as Context;
  const checkpoint = (through?: number) => {
    throughs.push(through);
    return { beat: throughs.length } as unknown as LaneCheckpoint;
  };
  const heartbeats = new Heartbeats({ link, fence, context, heartbeatTimeoutMs: TIMEOUT_MS, checkpoint });
  return { heartbeats, cancellation, fence, toCore, toControl, throughs };
}

test('a beat goes at once and then every second, to control and to the SDK core alike', async () => {
  const { heartbeats, toCore, toControl } = beating();
  expect(toControl).toHaveLength(1);
  await jest.advanceTimersByTimeAsync(3500);
  expect(toControl).toEqual([{ beat: 1 }, { beat: 2 }, { beat: 3 }, { beat: 4 }]);
  expect(toCore).toEqual(toControl);
  heartbeats.end();
  await jest.advanceTimersByTimeAsync(5000);
  expect(toControl).toHaveLength(4);
});

test('a beat that is not answered is waited for; no second one is under way beside it', async () => {
  const { heartbeats, toControl } = beating(() => new Promise(() => undefined));
  await jest.advanceTimersByTimeAsync(10_000);
  expect(toControl).toHaveLength(1);
  heartbeats.end();
});

test.each<[Proof, boolean]>([
  ['current', true],
  ['cancelled', true],
  ['superseded', false],
  ['unreachable', false],
])('I3b: an answer "%s" keeps the fence open: %s', async (proof, isOpen) => {
  const { heartbeats, fence } = beating(() => proof);
  await jest.advanceTimersByTimeAsync(TIMEOUT_MS);
  expect(fence.open).toBe(isOpen);
  heartbeats.end();
});

test('I3b: the fence counts from when the call was made, not from when it was answered', async () => {
  let answers = 0;
  const slow = () =>
    new Promise<Proof>((resolve) => setTimeout(() => resolve('current'), (answers += 1) === 1 ? 3900 : 60_000));
  const { heartbeats, fence } = beating(slow);
  await jest.advanceTimersByTimeAsync(3950);
  expect(fence.open).toBe(true);
  await jest.advanceTimersByTimeAsync(100);
  expect(fence.open).toBe(false);
  heartbeats.end();
});

test('control that cancels the activity stops the lane, and the attempt stays the current one', async () => {
  const { heartbeats } = beating(() => 'cancelled');
  await jest.advanceTimersByTimeAsync(1);
  expect([heartbeats.stop.aborted, heartbeats.stop.reason, heartbeats.superseded]).toEqual([true, 'cancelled', false]);
  expect(heartbeats.leave.aborted).toBe(false);
  heartbeats.end();
});

test('an attempt that has been superseded stops its lane', async () => {
  const { heartbeats } = beating(() => 'superseded');
  await jest.advanceTimersByTimeAsync(1);
  expect([heartbeats.stop.reason, heartbeats.superseded]).toEqual(['superseded', true]);
  heartbeats.end();
});

test('a cancellation by the SDK stops the lane; a shutdown of the worker has it leave, and go on until then', () => {
  const cancelled = beating();
  cancelled.cancellation.abort(new Error('CANCELLED'));
  expect([cancelled.heartbeats.stop.aborted, cancelled.heartbeats.leave.aborted]).toEqual([true, false]);
  cancelled.heartbeats.end();
  const leaving = beating();
  leaving.cancellation.abort(new Error('WORKER_SHUTDOWN'));
  expect([leaving.heartbeats.stop.aborted, leaving.heartbeats.leave.aborted]).toEqual([false, true]);
  leaving.heartbeats.end();
});

test('the last beat waits for the one under way, carries the reserved arrivals, and none follows it', async () => {
  const answers: (() => void)[] = [];
  const { heartbeats, throughs } = beating(() => new Promise((resolve) => answers.push(() => resolve('current'))));
  let isSent = false;
  const last = heartbeats.last(42).then(() => (isSent = true));
  await jest.advanceTimersByTimeAsync(10);
  expect(throughs).toEqual([undefined]);
  answers[0]!();
  await jest.advanceTimersByTimeAsync(10);
  expect([throughs, isSent]).toEqual([[undefined, 42], false]);
  answers[1]!();
  await last;
  await jest.advanceTimersByTimeAsync(5000);
  expect(throughs).toEqual([undefined, 42]);
});
