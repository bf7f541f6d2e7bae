import { Poll } from '../../cli/poll';
import { RunWatch, type RunUpdate } from '../../cli/run-watch';
import { liveResult } from '../../cli/live-result';
import type { LaneCheckpoint } from '../../orchestrator/activity-types';
import type { Progress, ProgressStep } from '../../orchestrator/messages';
import type { BenchmarkResult } from '../../report/result-schema';
import { clientOf, heartbeat, progressOf } from '../support/live-run';
import { playedResult } from '../support/shown';

const STEP: ProgressStep = {
  ...{ number: 2, name: '2', kind: 'hold', iteration: 1, attempt: 1, fromRate: 10, toRate: 10 },
  ...{ durationMs: 60_000, startMs: 30_000, startAtMs: Date.now() - 5000 },
};

jest.mock('node:timers/promises', () => jest.requireActual<object>('../support/timers-promises'));
beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** A control server that counts what it is asked. */
class Control {
  asked: Record<string, number> = {};
  answers = true;
  progress: Progress = progressOf({ stepsEnded: 1, timeline: [STEP] });
  steps: Record<string, LaneCheckpoint[]> = { 'run/step-2-1': [heartbeat(2)] };

  readonly client = clientOf(
    async ({ name }) => {
      this.asked[name] = (this.asked[name] ?? 0) + 1;
      if (!this.answers) throw new Error('no poller seen for the task queue');
      return name === 'progress' ? this.progress : ({ runId: 'run-1a2b3c4d' } as BenchmarkResult);
    },
    () => this.steps,
  );
}

async function watched(control: Control, seconds: number, watch = new RunWatch(control.client, 'run')) {
  const updates: RunUpdate[] = [];
  watch.subscribe((update) => updates.push(update));
  void watch.run();
  await jest.advanceTimersByTimeAsync(seconds * 1000);
  return { watch, updates };
}

test('however many look, the run is asked once every two seconds, and for its result only when a step has ended', async () => {
  const control = new Control();
  const watch = new RunWatch(control.client, 'run');
  let viewers = 0;
  watch.wantsInterim = () => viewers > 0;
  for (let i = 0; i < 5; i += 1) watch.subscribe(() => undefined);
  await watched(control, 20, watch);
  expect(control.asked.progress).toBeGreaterThan(8);
  expect(control.asked.progress).toBeLessThanOrEqual(11);
  expect(control.asked.interimResult).toBeUndefined();
  viewers = 3;
  await jest.advanceTimersByTimeAsync(20_000);
  expect(control.asked.interimResult).toBe(1);
  control.progress = { ...control.progress, stepsEnded: 2 };
  await jest.advanceTimersByTimeAsync(20_000);
  expect(control.asked.interimResult).toBe(2);
  expect(control.asked.progress).toBeLessThanOrEqual(31);
  watch.stop();
});

test('while the control worker does not answer, the state says for how long, and it continues afterwards', async () => {
  const control = new Control();
  const { watch, updates } = await watched(control, 5);
  expect(updates.at(-1)!.state.silentMs).toBeUndefined();
  control.answers = false;
  await jest.advanceTimersByTimeAsync(20_000);
  const silent = updates.at(-1)!;
  expect(silent.state.silentMs).toBeGreaterThan(15_000);
  // The lanes are read from the server, so their figures go on.
  expect(silent.state.load!.inFlight).toBe(1);
  expect(silent.steps).toHaveLength(1);
  control.answers = true;
  await jest.advanceTimersByTimeAsync(3000);
  expect(updates.at(-1)!.state.silentMs).toBeUndefined();
  watch.stop();
});

test('a request that hangs neither stops the updates nor is repeated beside itself', async () => {
  const control = new Control();
  let hanging = 0;
  const client = clientOf(
    () => (hanging++, new Promise(() => undefined)),
    () => control.steps,
  );
  const { watch, updates } = await watched(control, 0);
  watch.stop();
  const stuck = new RunWatch(client, 'run');
  stuck.subscribe((update) => updates.push(update));
  const before = updates.length;
  void stuck.run();
  await jest.advanceTimersByTimeAsync(20_000);
  expect(hanging).toBe(1);
  expect(updates.length - before).toBeGreaterThanOrEqual(9);
  expect(updates.at(-1)!.state).toMatchObject({ phase: 'starting', silentMs: expect.any(Number) as number });
  stuck.stop();
});

test('a poll keeps the last answer, and reports whether there was one', async () => {
  const answers = [1, new Error('down'), 3];
  const poll = new Poll(async () => {
    const next = answers.shift()!;
    if (next instanceof Error) throw next;
    return next;
  });
  expect([await poll.refresh(0), poll.value]).toEqual([true, 1]);
  expect([await poll.refresh(0), poll.value]).toEqual([false, 1]);
  expect([await poll.refresh(60_000), poll.value]).toEqual([false, 1]);
  expect([await poll.refresh(0), poll.value]).toEqual([true, 3]);
});

describe('the result of a run in progress', () => {
  const interim = playedResult({ rate: 40, duration: '60s' }, 100);
  const [ramp] = interim.steps;
  const onlyRamp: BenchmarkResult = {
    ...interim,
    steps: [ramp!],
    ledger: ramp!.ledger,
    series: { ...interim.series, points: interim.series.points.filter(([index]) => index! < 30) },
  };
  const update = (steps: RunUpdate['steps'], change: Partial<Progress> = {}): RunUpdate => ({
    state: { runId: 'run-1a2b3c4d', phase: 'load', notes: [] },
    progress: progressOf({ timeline: [STEP], seriesWidthMs: 1000, ...change }),
    interim: onlyRamp,
    steps,
  });
  const lane = (completed: number, scheduled: number) =>
    heartbeat(completed, scheduled, { step: { ...heartbeatStep, index: 1 } });
  const heartbeatStep = {
    startMs: 30_000,
    durationMs: 60_000,
    fromRate: 10,
    toRate: 10,
    arrivalsBefore: 0,
    name: '2',
    kind: 'hold',
    iteration: 1,
    attempt: 1,
    index: 1,
  } as const;
  const running = (lanes: LaneCheckpoint[]) => [{ planned: STEP, lanes, snapshot: {} as never }];

  test('adds the steps in progress to those that have ended: account, rates and latency', () => {
    const result = liveResult(update(running([lane(90, 100), lane(100, 100)])))!;
    expect(result.ledger.scheduled).toBe(ramp!.ledger.scheduled + 200);
    expect(result.ledger.acknowledged).toBe(ramp!.ledger.acknowledged + 190);
    expect(result.steps.map(({ index, cutShort }) => [index, cutShort])).toEqual([
      [0, undefined],
      [1, 'in progress'],
    ]);
    expect(result.results.latency).toMatchObject({ count: 190, p50: expect.closeTo(20, 1) as number });
    const at = result.series.columns.indexOf('scheduled');
    const rows = result.series.points.filter(([index]) => index! >= 30);
    // One arrival per 100 ms and lane; the intervals of the last two heartbeats are incomplete.
    expect(rows.map((row) => [row[0], row[at]])).toEqual(Array.from({ length: 8 }, (_, i) => [30 + i, 20]));
  });

  test('does not count a step twice that has ended, and is unknown before the first answer', () => {
    const ended = { ...update(running([lane(90, 100)])), interim };
    expect(liveResult(ended)).toBe(interim);
    expect(liveResult({ ...ended, interim: undefined })).toBeUndefined();
    expect(liveResult({ ...ended, progress: undefined })).toBeUndefined();
  });

  test('joins intervals if the result has wider ones than the steps', () => {
    const wide = { ...onlyRamp, series: { ...onlyRamp.series, widthMs: 2000, points: [] } };
    const result = liveResult({ ...update(running([lane(100, 100)])), interim: wide })!;
    const at = result.series.columns.indexOf('scheduled');
    expect(result.series.points.map((row) => [row[0], row[at]])).toEqual([
      [15, 20],
      [16, 20],
      [17, 20],
      [18, 20],
    ]);
  });
});
