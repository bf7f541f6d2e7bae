import { setTimeout as sleep } from 'node:timers/promises';
import { LaneAccount } from '../../../activities/generate-load/lane-account';
import { paceLane } from '../../../activities/generate-load/pace-lane';
import type { TargetCalls } from '../../../activities/generate-load/target-calls';
import { summarize } from '../../../measurement/account/histogram';
import { laneInput } from '../../support/lane';

/** A target with answers that the test can change. */
function target(change: Partial<TargetCalls> = {}): TargetCalls {
  return {
    start: (workflowId) => Promise.resolve({ runId: workflowId }),
    inFlightBytes: 0,
    sendMessages: () => Promise.resolve(),
    awaitClose: () => Promise.resolve('completed'),
    warmUp: () => Promise.resolve(),
    ...change,
  };
}

async function pace(
  calls: TargetCalls,
  change: Parameters<typeof laneInput>[0] & { maySend?: () => boolean; stop?: AbortSignal } = {},
) {
  const { maySend = () => true, stop = new AbortController().signal, ...rest } = change;
  const input = laneInput({ rate: 200, seconds: 1, ...rest });
  const account = new LaneAccount(input);
  const startedAt = performance.now();
  const now = () => performance.now() - startedAt;
  const { completions } = await paceLane({ input, account, target: calls, now, maySend, stop, from: 0 });
  await completions;
  return account.checkpoint('settling');
}

test('every arrival is sent once, with an id made of its step, lane and sequence', async () => {
  const ids: string[] = [];
  const { ledger } = await pace(target({ start: (id) => Promise.resolve({ runId: String(ids.push(id)) }) }));
  expect(ledger).toMatchObject({ scheduled: 200, acknowledged: 200 });
  expect(ids).toEqual(Array.from({ length: 200 }, (_, i) => `run-1/1/1/0/${i}`));
});

test('law 1: a target that does not answer delays no arrival; arrivals beyond the in-flight cap are skipped and counted', async () => {
  let answer: () => void = () => undefined;
  const silent = new Promise<{ runId: string }>((resolve) => (answer = () => resolve({ runId: 'late' })));
  const running = pace(target({ start: () => silent }), { maxInFlight: 50 });
  setTimeout(answer, 1300);
  const { ledger } = await running;
  expect(ledger).toMatchObject({ scheduled: 200, acknowledged: 50, skipped: { 'in-flight-cap': 150 } });
});

test('law 2: a stall of the target shows in the latency of each arrival: the rest of the stall from its due time', async () => {
  const startedAt = performance.now();
  const stalled = async () => {
    await sleep(Math.max(0, 800 - (performance.now() - startedAt)));
    return { runId: 'x' };
  };
  const { observation, ledger, histograms } = await pace(target({ start: stalled }));
  expect(ledger.acknowledged).toBe(200);
  expect(observation.completed).toBe(200);
  // Of 200 arrivals within a second, 160 are due during the stall, one every 5 ms.
  const { max, p50 } = summarize(histograms.latency);
  expect(max.ms).toBeGreaterThan(780);
  expect(p50.ms).toBeGreaterThan(290);
  expect(p50.ms).toBeLessThan(500);
});

test('law 2: a stall of the generator shows in the latency from the due time, and not in the service time from the send', async () => {
  let starts = 0;
  const blocking = () => {
    if ((starts += 1) === 20) for (const until = performance.now() + 600; performance.now() < until;);
    return Promise.resolve({ runId: 'x' });
  };
  const { histograms } = await pace(target({ start: blocking }));
  const latency = summarize(histograms.latency);
  const service = summarize(histograms.service);
  expect(latency.count).toBe(200);
  expect(latency.p50.ms).toBeGreaterThan(100);
  // Only the start that blocked has a long service time.
  expect(service.p95.ms).toBeLessThan(50);
  expect(summarize(histograms.lag).max.ms).toBeGreaterThan(550);
});

test('I3b: with a closed fence nothing is sent, and every arrival is counted', async () => {
  let sent = 0;
  const { ledger } = await pace(target({ start: () => Promise.resolve({ runId: String((sent += 1)) }) }), {
    maySend: () => sent < 40,
  });
  expect(sent).toBe(40);
  expect(ledger).toMatchObject({ scheduled: 200, acknowledged: 40, skipped: { fenced: 160 } });
});

test('I10: a stopped lane schedules no further arrival and returns its account', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 300);
  const { ledger } = await pace(target(), { stop: controller.signal });
  expect(ledger.scheduled).toBeGreaterThan(40);
  expect(ledger.scheduled).toBeLessThan(90);
  expect(ledger.acknowledged).toBe(ledger.scheduled);
});

test('completions beyond the maximum that may be awaited are counted as lost samples and nothing else changes', async () => {
  const { ledger, observation } = await pace(target({ awaitClose: () => sleep(1200, 'completed' as const) }), {
    maxObservers: 20,
  });
  expect(ledger.acknowledged).toBe(200);
  expect(observation).toMatchObject({ chosen: 200, completed: 20, lost: 180 });
});

test("the sample depends on the arrivals' ids only, not on the target's behavior", async () => {
  const observed = async (calls: Partial<TargetCalls>) => {
    const ids: string[] = [];
    await pace(target({ ...calls, awaitClose: (id) => Promise.resolve(ids.push(id) ? 'completed' : undefined) }), {
      observeShare: 0.3,
      rate: 400,
    });
    return ids.sort();
  };
  const quick = await observed({});
  const slow = await observed({
    start: (id) => sleep(50, { runId: id }),
  });
  expect(slow).toEqual(quick);
  expect(quick.length).toBeGreaterThan(80);
  expect(quick.length).toBeLessThan(160);
});

describe('a generator that is asked for ten times its maximum', () => {
  const MAX_RATE = 500;

  /** The clock stands still but for what costs time: two milliseconds for each send, a microsecond for each look at it. */
  async function overload(stopAfterMs = Infinity) {
    const controller = new AbortController();
    let clockMs = 0;
    const now = () => (clockMs += 0.001);
    const sent: number[] = [];
    const start = (runId: string) => {
      clockMs += 1000 / MAX_RATE;
      sent.push(now());
      return Promise.resolve({ runId });
    };
    const turns: number[] = [];
    const watch = () => {
      turns.push(now());
      if (now() > stopAfterMs) controller.abort();
      turn = setImmediate(watch);
    };
    let turn = setImmediate(watch);
    const input = laneInput({ rate: MAX_RATE * 10, seconds: 5, observeShare: 0 });
    const account = new LaneAccount(input);
    await paceLane({
      input,
      account,
      target: target({ start }),
      now,
      maySend: () => true,
      stop: controller.signal,
      from: 0,
    });
    clearImmediate(turn);
    return { ledger: account.checkpoint('settling').ledger, sent, turns, endedMs: now() };
  }

  test('still sends at its maximum, yields to the event loop, and gives up what is more than 2 s late', async () => {
    const { ledger, turns, endedMs } = await overload();
    expect(ledger.scheduled).toBe(MAX_RATE * 50);
    expect(ledger.skipped).toEqual({ 'generator-late': ledger.scheduled - ledger.acknowledged });
    expect(ledger.acknowledged).toBeGreaterThan(0.8 * MAX_RATE * 5);
    // It ends when it gives up the last arrival.
    expect(endedMs).toBeLessThan(7100);
    const longest = Math.max(...turns.map((at, i) => at - (turns[i - 1] ?? 0)));
    expect(longest).toBeLessThan(150);
  });

  test('I10: obeys an abort', async () => {
    const { ledger, sent } = await overload(1000);
    expect(sent.at(-1)).toBeLessThan(1150);
    expect(ledger.scheduled).toBe(ledger.acknowledged);
  });
});

test('starts without an answer that occupy too much memory count as over the in-flight cap', async () => {
  let waiting = 0;
  const calls = target({ start: () => Promise.resolve({ runId: String((waiting += 1)) }) });
  Object.defineProperty(calls, 'inFlightBytes', { get: () => (waiting < 30 ? 0 : 2 ** 28) });
  const { ledger } = await pace(calls, { observeShare: 0 });
  expect(ledger).toMatchObject({ acknowledged: 30, skipped: { 'in-flight-cap': 170 } });
});
