import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { bracketOf, evidenceOf, type Trial } from '../../../measurement/capacity/evidence';
import { capacityInterval } from '../../../measurement/capacity/interval';
import { goalState, holdSeconds, nextTrial, type SearchPlan } from '../../../measurement/capacity/search';

const plan: SearchPlan = {
  goals: [{ name: 'p99=5s', maxP99Ms: 5000 }],
  fromRate: 10,
  maxRate: 2000,
  precision: 0.05,
  waitingSeconds: 0,
};
const trial = (rate: number, good: boolean, seconds = 30): Trial => ({
  rate,
  seconds,
  reasons: [good ? [] : ['p99']],
});
/** A cluster without noise: every load up to its capacity is good. If it is saturated, it completes `guessError` times that. */
function exactSearch(capacity: number, of: SearchPlan, generatorLimit = Infinity, guessError?: number): Trial[] {
  const trials: Trial[] = [];
  for (let next = nextTrial(of, trials, 0); next; next = nextTrial(of, trials, 0)) {
    const { rate, holdSeconds } = next;
    const isInvalid = rate > generatorLimit;
    const reasons = of.goals.map(({ maxP99Ms }) => (rate <= Math.min(capacity, maxP99Ms) ? [] : ['p99']));
    const completed = guessError === undefined ? {} : { completedPerSecond: Math.min(rate, capacity * guessError) };
    trials.push({ rate, seconds: holdSeconds, reasons, ...completed, ...(isInvalid ? { invalid: 'generator' } : {}) });
    if (trials.length > 80) throw new Error('the search does not end');
  }
  return trials;
}

test('without noise, the bracket holds the capacity and is as narrow as asked for', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 1900, noNaN: true }),
      fc.constantFrom(0.02, 0.05, 0.1),
      (capacity, precision) => {
        const of = { ...plan, precision };
        const { bracket, end } = goalState(of, exactSearch(capacity, of), 0);
        expect(end).toBe('found');
        expect(bracket.good!.rate).toBeLessThanOrEqual(capacity);
        expect(bracket.bad!.rate).toBeGreaterThan(capacity);
        expect(bracket.bad!.rate / bracket.good!.rate).toBeLessThanOrEqual(1 + precision + 0.012);
        expect([bracket.good!.decision, bracket.bad!.decision]).toEqual(['lower', 'upper']);
      },
    ),
  );
});

test('several goals share their trials, and each gets its own bracket', () => {
  const of = { ...plan, goals: [100, 200, 800].map((maxP99Ms) => ({ name: `p99=${maxP99Ms}ms`, maxP99Ms })) };
  const trials = exactSearch(1000, of);
  for (const [i, { maxP99Ms }] of of.goals.entries()) {
    const { bracket, end } = goalState(of, trials, i);
    expect(end).toBe('found');
    expect(bracket.good!.rate).toBeLessThanOrEqual(maxP99Ms);
    expect(bracket.bad!.rate).toBeGreaterThan(maxP99Ms);
  }
  const alone = of.goals.map((goal) => exactSearch(1000, { ...plan, goals: [goal] }).length);
  expect(trials.length).toBeLessThan(alone.reduce((sum, n) => sum + n, 0));
});

test('a generator that is the limit ends the search with a confirmed load below it', () => {
  const trials = exactSearch(1e9, plan, 150);
  const { bracket, end } = goalState(plan, trials, 0);
  expect(end).toBe('generator-limited');
  expect(bracket.bad).toBeUndefined();
  expect(bracket.good!.decision).toBe('lower');
  expect(bracket.good!.rate).toBeGreaterThan(150 / 1.13);
  expect(bracket.good!.rate).toBeLessThanOrEqual(150);
});

test('a generator that is the limit below the lowest bad load ends the search, whichever of both was met first', () => {
  // From 100/s on every load is INVALID, except 160/s, at which the cluster itself was too slow.
  const trials: Trial[] = [];
  for (let next = nextTrial(plan, trials, 0); next; next = nextTrial(plan, trials, 0)) {
    const { rate, holdSeconds } = next;
    const isInvalid = rate >= 100 && rate !== 160;
    trials.push({ ...trial(rate, rate < 100, holdSeconds), ...(isInvalid ? { invalid: 'generator' } : {}) });
    if (trials.length > 80) throw new Error('the search does not end');
  }
  const { bracket, end } = goalState(plan, trials, 0);
  expect(end).toBe('generator-limited');
  expect(bracket.good!.decision).toBe('lower');
  expect(bracket.good!.rate).toBeGreaterThan(100 / 1.13);
});

test('a generator that cannot keep the first rate is the limit, not the cluster', () => {
  expect(goalState(plan, exactSearch(1e9, plan, 5), 0)).toMatchObject({ end: 'generator-limited', bracket: {} });
});

test('a probe at a low rate is no longer than its few samples need, a confirmation has enough for a p99', () => {
  const seconds = (phase: 'probe' | 'confirm', rate: number) => holdSeconds(plan, { phase, rate }, 0);
  expect([seconds('probe', 10), seconds('probe', 2), seconds('probe', 100)]).toEqual([20, 100, 15]);
  expect([seconds('confirm', 10), seconds('confirm', 100)]).toEqual([70, 24]);
});

test('a cluster beyond the highest rate is confirmed there, and one below the lowest is reported', () => {
  expect(goalState(plan, exactSearch(1e9, plan), 0)).toMatchObject({
    end: 'max-rate-reached',
    bracket: { good: { rate: 2000 } },
  });
  expect(goalState(plan, exactSearch(0.1, plan), 0).end).toBe('below-lowest-rate');
});

test('what a saturated cluster completed is tried next, and a wrong guess costs few trials', () => {
  const saturated = (completedPerSecond: number) => ({ ...trial(80, false), completedPerSecond });
  const probed = [trial(10, true), trial(20, true), trial(40, true)];
  const rateAfter = (...trials: Trial[]) => nextTrial(plan, [...probed, ...trials], 0)!.rate;
  expect(rateAfter(saturated(60))).toBe(58.5);
  expect(rateAfter(saturated(60), trial(58.5, true))).toBe(61.5);
  // A cluster that has completed more than that collapses when it is overloaded; then the middle is tried.
  const collapsed = [
    ...probed,
    { ...trial(80, true, 15), completedPerSecond: 79.9 },
    { ...trial(160, false), completedPerSecond: 45 },
    { ...trial(80, false, 24), completedPerSecond: 60 },
  ];
  expect(nextTrial(plan, collapsed, 0)!.rate).toBe(56.6);
  expect(nextTrial({ ...plan, formerRules: true }, collapsed, 0)!.rate).toBe(58.5);
  // Without saturation, or outside of the bracket, the middle is tried.
  expect(rateAfter(saturated(79))).toBe(56.6);
  expect(rateAfter(saturated(8))).toBe(56.6);
  fc.assert(
    fc.property(
      fc.double({ min: 12, max: 1900, noNaN: true }),
      fc.double({ min: 0.05, max: 1.5, noNaN: true }),
      (capacity, error) => {
        const trials = exactSearch(capacity, plan, Infinity, error);
        expect(goalState(plan, trials, 0).end).toBe('found');
        expect(trials.length).toBeLessThanOrEqual(exactSearch(capacity, plan).length + 5);
      },
    ),
  );
});

test('if the capacity varies from trial to trial, the search ends with a wider bracket that has no bad load below it', () => {
  const varying = [trial(57, true), trial(57, false), trial(60, true), trial(60, false), trial(80, false, 60)];
  const bracket = [trial(55, true, 60), ...varying];
  // With one load that contradicts itself, the bracket may be 8.5 % wide; with two, 12 %.
  expect(nextTrial(plan, [trial(55, true, 60), trial(57, true), trial(57, false), trial(61, false, 60)], 0)!.rate).toBe(
    57,
  );
  const once = [trial(57, true), trial(57, true), trial(57, true), trial(57, false), trial(61.5, false, 60)];
  expect(goalState(plan, once, 0)).toMatchObject({
    end: 'found',
    bracket: { good: { rate: 57 }, bad: { rate: 61.5 } },
  });
  const never = once.filter(({ rate, reasons }) => rate !== 57 || reasons[0]!.length === 0);
  expect(nextTrial(plan, never, 0)).toMatchObject({ phase: 'confirm', rate: 59.2 });
  // A search that began with the former rules keeps them.
  const former = { ...plan, formerRules: true };
  expect(nextTrial(former, once, 0)).toMatchObject({ phase: 'confirm', rate: 59.2 });
  expect(nextTrial(plan, [...bracket, trial(61, false, 60)], 0)).toBeUndefined();
  expect(goalState(plan, [...bracket, trial(61, false, 60)], 0)).toMatchObject({
    end: 'found',
    bracket: { good: { rate: 55 }, bad: { rate: 61 } },
  });
  // Then one bad trial of the upper end is enough, and the lower end still needs its whole duration.
  expect(nextTrial(plan, [...bracket, trial(61, false)], 0)).toBeUndefined();
  expect(nextTrial(former, [...bracket, trial(61, false)], 0)).toMatchObject({ phase: 'confirm', rate: 61 });
  const unconfirmed = [trial(55, true, 20), ...varying, trial(61, false)];
  expect(nextTrial(plan, unconfirmed, 0)).toMatchObject({ phase: 'confirm', rate: 55 });
  // In a bracket that is still wide, the lowest load that contradicts itself is tried again first.
  expect(nextTrial(plan, bracket, 0)).toMatchObject({ phase: 'confirm', rate: 57 });
});

test('a lucky trial above a bad load never wins', () => {
  const trials = [
    trial(100, true),
    trial(100, true),
    trial(110, false),
    trial(110, false),
    trial(120, true),
    trial(120, true),
  ];
  const { good, bad } = bracketOf(evidenceOf(trials, 0, () => 80));
  expect([good!.rate, bad!.rate]).toEqual([100, 110]);
});

test('a load is decided exactly when the rest of its duration can no longer change it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 5, max: 60 })), { minLength: 1, maxLength: 8 }),
      (trials) => {
        const sum = 80;
        const [found] = evidenceOf(
          trials.map(([good, seconds]) => trial(10, good, seconds)),
          0,
          () => sum,
        );
        const seconds = (kind: boolean) => trials.reduce((all, [good, s]) => all + (good === kind ? s : 0), 0);
        const rest = Math.max(0, sum - seconds(true) - seconds(false));
        const isUpper = (bad: number, good: number) => bad / (bad + good) > 0.5;
        const best = isUpper(seconds(false), seconds(true) + rest);
        const worst = isUpper(seconds(false) + rest, seconds(true));
        expect(found!.decision).toBe(best ? 'upper' : worst ? 'undecided' : 'lower');
      },
    ),
  );
});

test('an INVALID trial is repeated once and is no evidence', () => {
  const invalid = { ...trial(20, false), invalid: 'generator' };
  expect(nextTrial(plan, [trial(10, true), invalid], 0)!.rate).toBe(20);
  expect(evidenceOf([invalid], 0, () => 80)).toEqual([]);
});

test('the statistical interval needs eight trials of both kinds, and holds the rate at which they change', () => {
  const trials = [50, 60, 70, 80, 85, 90, 95].map((rate) => trial(rate, true));
  expect(capacityInterval(trials, 0)).toBeUndefined();
  const both = [...trials, ...[105, 110, 120].map((rate) => trial(rate, false))];
  const { low, high } = capacityInterval(both, 0)!;
  expect(low).toBeLessThan(100);
  expect(high).toBeGreaterThan(100);
  expect(high / low).toBeLessThan(1.4);
  expect(capacityInterval([...trials, trial(96, true)], 0)).toBeUndefined();
});

test('searches over simulated clusters find what the clusters hold, and healthy holds raise no alarm', () => {
  // In a process of its own: numeric code is many times slower inside jest's sandbox.
  const script = join(__dirname, '..', '..', '..', 'dist', 'scripts', 'simulation', 'main.js');
  const { drift, search } = JSON.parse(execFileSync(process.execPath, [script, '150'], { encoding: 'utf8' }));
  expect(drift.falseAlarms).toBeLessThanOrEqual(0.01);
  expect(drift.found10PercentIn60s).toBeGreaterThanOrEqual(0.9);
  expect(search.found).toBe(1);
  expect(search.lowerBoundAtMost102Percent).toBeGreaterThanOrEqual(0.95);
  expect(search.lowerBoundAtLeast90Percent).toBeGreaterThanOrEqual(0.95);
  expect(search.intervals).toBeGreaterThan(120);
  expect(search.intervalCovers).toBeGreaterThanOrEqual(0.93);
  expect(search.minutes.median).toBeLessThan(10);
}, 60_000);
