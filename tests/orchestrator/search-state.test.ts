import { SearchState } from '../../orchestrator/search-state';
import { capacityOf } from '../../report/capacity';
import { capacity as capacitySchema } from '../../report/capacity-schema';
import { parseCapacity } from '../../spec/capacity';
import type { TrialRecord } from '../../measurement/capacity/trial';

function stateOf(input: object): SearchState {
  const parsed = parseCapacity(input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return new SearchState(parsed.capacity, input as never);
}

function record(rate: number, reasons: readonly string[] = [], more: Partial<TrialRecord> = {}): TrialRecord {
  return {
    rate,
    seconds: 20,
    phase: 'probe',
    step: '2',
    p99Ms: 100,
    completedPerSecond: rate,
    reasons: [reasons],
    ...more,
  };
}

test('a trial that would end after the time of the search is not begun', () => {
  const search = stateOf({ maxDuration: '1m' });
  search.startClock(0);
  const next = search.next()!;
  expect(next).toMatchObject({ phase: 'probe', rate: 10, holdSeconds: 20 });
  // 5 s to settle, 20 s to hold, 4 s around both.
  expect(search.hasTimeFor(next, 31_000)).toBe(true);
  expect(search.hasTimeFor(next, 31_001)).toBe(false);
});

test('a search whose time is over reports the bracket that it has, and a command with more time', () => {
  const search = stateOf({ maxDuration: '7m30s', label: ['a=b c'] });
  search.trials.push(record(10), record(20), record(40, ['the backlog grows by 3.0/s']));
  search.stopped = 'out of time';
  const found = capacityOf(search.facts(), {}, []);
  expect(capacitySchema.parse(found)).toEqual(found);
  expect(found.goals).toMatchObject([{ end: 'out-of-time', holds: 20, failsAt: 40, confirmed: false }]);
  expect(found.sentence).toBe(
    'Holds about 20/s with p99 ≤ 5s (not confirmed); at 40/s the backlog grows by 3.0/s. The search ended before it was decided.',
  );
  expect(found.next.command).toBe("benchmark capacity --max-duration 15m --label 'a=b c' --from 10");
});

test('a search whose time went into trials that the generators spoilt names them, and advises more generators', () => {
  const search = stateOf({ maxDuration: '4m', lanes: 1 });
  const invalid = '99 % of the starts were sent within 120.0 ms of their due time (limit 100.0 ms)';
  search.trials.push(record(10), record(20), record(40, [], { invalid }), record(40, [], { invalid }));
  search.stopped = 'out of time';
  const found = capacityOf(search.facts(), {}, []);
  expect(found.sentence).toBe(
    `Holds about 20/s with p99 ≤ 5s (not confirmed). The search ended before it was decided, because the generators did not keep up in some trials: ${invalid}.`,
  );
  expect(found.next.advice).toMatch(/^add generators/);
  expect(found.next.command).toMatch(/--lanes 2/);
});

test.each([
  [{ workload: 'timer', timerDuration: '20s' }, 20],
  [{ workload: 'retry', failures: 3 }, 3],
  // The server waits a second between the executions of a chain.
  [{ workload: 'continue-as-new', chainLength: 10 }, 9],
])('the limits of a workload that waits by design allow for its waiting, and a hold lasts long enough: %j', (of, s) => {
  const search = stateOf({ ...of, slo: ['p99=1s'] });
  expect(search.plan.goals).toEqual([{ name: 'p99=1s', maxP99Ms: (1 + s) * 1000 }]);
  expect(search.next()!.holdSeconds).toBe(Math.max(20, 2 * s) + s);
  // Only what the server adds to the wait makes a hold longer.
  search.trials.push(record(10, [], { p99Ms: s * 1000 + 100 }));
  expect(search.next()!.holdSeconds).toBe(Math.max(15, 2 * s) + s);
});

test('a hold that follows slow good trials lasts ten times their p99', () => {
  const search = stateOf({});
  search.trials.push(record(10, [], { p99Ms: 4000 }));
  expect(search.next()).toMatchObject({ rate: 20, holdSeconds: 40 });
});

test('steps are placed behind the planned ones and not in the past, with the share of completions that can be observed', () => {
  const search = stateOf({ slo: ['p99=5s'], executor: 'sdk' });
  const steps = search.stepsOf({ phase: 'probe', rate: 240, holdSeconds: 15, goalIndex: 0 });
  const [settle, hold] = search.place([], steps, 7000);
  expect(settle).toMatchObject({
    kind: 'lead-in',
    index: 0,
    startMs: 7000,
    durationMs: 5000,
    fromRate: 120,
    toRate: 240,
  });
  expect(hold).toMatchObject({ kind: 'hold', index: 1, name: '2', startMs: 12_000, durationMs: 15_000 });
  // 600 open long polls at most, and 240/s × 5 s would be 1200.
  expect(hold!.observeShare).toBe(0.5);
  const [later] = search.place([settle!, hold!], steps, 0);
  expect(later).toMatchObject({ index: 2, name: '3', startMs: 27_000 });
});

test('a trial that lost a generator is shown and is no evidence', () => {
  const search = stateOf({});
  search.trials.push(record(10), record(20, [], { spoilt: true, invalid: 'a generator was lost' }));
  expect(search.next()).toMatchObject({ rate: 20, phase: 'probe' });
  expect(search.progress().trials.map(({ outcome }) => outcome)).toEqual(['good', 'repeated']);
});

test('the last trial repeats the rate that holds, unless it was one of it', () => {
  const search = stateOf({});
  search.trials.push(record(10), record(20, ['p99 is 6000 ms']));
  expect(search.repetition()).toMatchObject({ phase: 'repeat', rate: 10 });
  search.trials.push(record(10));
  expect(search.repetition()).toBeUndefined();
});

test('a repetition that was bad shows that the cluster has changed, and takes back no bound', () => {
  const search = stateOf({ from: 40, maxRate: 80 });
  const why = ['the backlog grows by 3.0/s'];
  const decided = [record(40, [], { seconds: 60 }), record(42, why, { seconds: 60 })];
  search.trials.push(...decided);
  expect(search.next()).toBeUndefined();
  search.trials.push(record(40, why, { phase: 'repeat', seconds: 60, completedPerSecond: 36 }));
  const found = capacityOf(search.facts(), {}, []);
  expect(found.goals).toMatchObject([{ end: 'found', holds: 40, failsAt: 42, confirmed: true }]);
  expect(found.drift).toEqual({
    rate: 40,
    first: 'good, 40.0/s completed, p99 100 ms',
    again: 'bad, 36.0/s completed, p99 100 ms',
    changed: true,
  });
  expect(search.progress().goals).toMatchObject([{ good: 40, bad: 42, end: 'found' }]);
});
