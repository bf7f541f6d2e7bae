import type { Context } from '@temporalio/activity';
import { Fence, type ControlLink, type AttemptState } from '../../../activities/generate-load/control-link';
import { Heartbeats } from '../../../activities/generate-load/heartbeats';
import type { LaneCheckpoint } from '../../../orchestrator/activity-types';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

const TIMEOUT_MS = 5000;

function beating(answer: () => Promise<AttemptState> | AttemptState = () => 'current') {
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

test('a heartbeat is sent immediately and then every second, to the control server, and every other one to SDK Core', async () => {
  const { heartbeats, toCore, toControl } = beating();
  expect(toControl).toHaveLength(1);
  await jest.advanceTimersByTimeAsync(3500);
  expect(toControl).toEqual([{ beat: 1 }, { beat: 2 }, { beat: 3 }, { beat: 4 }]);
  expect(toCore).toEqual([{ beat: 1 }, { beat: 3 }]);
  heartbeats.end();
  await jest.advanceTimersByTimeAsync(5000);
  expect(toControl).toHaveLength(4);
});

test('no heartbeat is sent while another one has no answer', async () => {
  const { heartbeats, toControl } = beating(() => new Promise(() => undefined));
  await jest.advanceTimersByTimeAsync(10_000);
  expect(toControl).toHaveLength(1);
  heartbeats.end();
});

test.each<[AttemptState, boolean]>([
  ['current', true],
  ['canceled', true],
  ['superseded', false],
  ['unreachable', false],
])('I3b: an answer "%s" keeps the fence open: %s', async (proof, isOpen) => {
  const { heartbeats, fence } = beating(() => proof);
  await jest.advanceTimersByTimeAsync(TIMEOUT_MS);
  expect(fence.open).toBe(isOpen);
  heartbeats.end();
});

test('I3b: the fence counts from the time of the call, not from the time of the answer', async () => {
  let answers = 0;
  const slow = () =>
    new Promise<AttemptState>((resolve) => setTimeout(() => resolve('current'), (answers += 1) === 1 ? 3900 : 60_000));
  const { heartbeats, fence } = beating(slow);
  await jest.advanceTimersByTimeAsync(3950);
  expect(fence.open).toBe(true);
  await jest.advanceTimersByTimeAsync(100);
  expect(fence.open).toBe(false);
  heartbeats.end();
});

test('a cancellation that the control server requests stops the lane, and the attempt stays the current one', async () => {
  const { heartbeats } = beating(() => 'canceled');
  await jest.advanceTimersByTimeAsync(1);
  expect([heartbeats.stop.aborted, heartbeats.stop.reason, heartbeats.superseded]).toEqual([true, 'canceled', false]);
  expect(heartbeats.handover.aborted).toBe(false);
  heartbeats.end();
});

test('a superseded attempt stops its lane', async () => {
  const { heartbeats } = beating(() => 'superseded');
  await jest.advanceTimersByTimeAsync(1);
  expect([heartbeats.stop.reason, heartbeats.superseded]).toEqual(['superseded', true]);
  heartbeats.end();
});

test('a cancellation by the SDK stops the lane; a worker shutdown hands it over and does not stop it', () => {
  const canceled = beating();
  canceled.cancellation.abort(new Error('CANCELLED'));
  expect([canceled.heartbeats.stop.aborted, canceled.heartbeats.handover.aborted]).toEqual([true, false]);
  canceled.heartbeats.end();
  const leaving = beating();
  leaving.cancellation.abort(new Error('WORKER_SHUTDOWN'));
  expect([leaving.heartbeats.stop.aborted, leaving.heartbeats.handover.aborted]).toEqual([false, true]);
  leaving.heartbeats.end();
});

test('the last heartbeat waits for the one in progress, reserves arrivals, and none follows it', async () => {
  const answers: (() => void)[] = [];
  const { heartbeats, throughs } = beating(() => new Promise((resolve) => answers.push(() => resolve('current'))));
  let isSent = false;
  const last = heartbeats.sendLast(42).then(() => (isSent = true));
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
