import { bracketOf, evidenceOf, type Bracket, type Goal, type Trial } from './evidence';
import { rulesOf, type Phase } from './rules';

/** What a search is asked to do. */
export interface SearchPlan {
  readonly goals: readonly Goal[];
  /** First rate, starts per second. */
  readonly fromRate: number;
  /** Never more than this, starts per second. */
  readonly maxRate: number;
  /** Width of the final bracket as a share of its lower end, e.g. 0.05. */
  readonly precision: number;
  /** What the workload itself waits for, seconds; a hold lasts at least twice as long. */
  readonly waitingSeconds: number;
  /** Whether the search began with the former rules. */
  readonly formerRules?: boolean;
}

/** A hold to be tried next. */
export interface NextTrial {
  readonly phase: Phase;
  readonly rate: number;
  readonly holdSeconds: number;
  /** For which goal, by its place. */
  readonly goalIndex: number;
}

/** How the search for one goal ended, or stands. */
export interface GoalState {
  readonly bracket: Bracket;
  /** Absent while the goal is not decided. */
  readonly end?: 'found' | 'generator-limited' | 'max-rate-reached' | 'below-lowest-rate';
}

/** Arrivals of a hold. A p99 needs 662 samples; a load that is only narrowed down is tried again before it decides. */
const SAMPLES = { probe: 200, bisect: 200, confirm: 700, repeat: 700 } as const;
/** A hold is at least this many times the highest p99 that was still good. */
const P99_TIMES = 10;
/** Goal duration sum of a load, seconds: neither one trial nor two that disagree decide a load. */
const DURATION_SUM_S = 60;
const PRECISE_DURATION_SUM_S = 120;
/** Finer than this, a load needs the longer duration sum. */
const PRECISE = 0.04;
/** The bisection ends when the bracket is narrower; what follows needs confirmed loads. */
const BISECT_WIDTH = 0.1;
/** A cluster that completes less than this share of the rate is saturated: what it completes is what it can. */
const SATURATED_SHARE = 0.95;
/** The lowest rate that is tried: below it no p99 is measured in reasonable time. */
const LOWEST_RATE = 0.5;

/**
 * Decides which load to try next: doubles the rate until a trial is bad, bisects on a logarithmic scale until the
 * bracket is narrow, then confirms both ends by repeated trials, the smaller load first. All goals share their trials.
 *
 * @param lastGoodP99Ms highest p99 of a good trial so far, milliseconds
 * @returns undefined when every goal is decided
 */
export function nextTrial(plan: SearchPlan, trials: readonly Trial[], lastGoodP99Ms: number): NextTrial | undefined {
  for (const goalIndex of plan.goals.keys()) {
    const next = nextForGoal(plan, trials, goalIndex);
    if (next === undefined) continue;
    return { ...next, goalIndex, holdSeconds: holdSeconds(plan, next, lastGoodP99Ms) };
  }
  return undefined;
}

/** Where the search for one goal stands. */
export function goalState(plan: SearchPlan, trials: readonly Trial[], goalIndex: number): GoalState {
  const bracket = bracketFor(plan, trials, goalIndex);
  const next = nextForGoal(plan, trials, goalIndex);
  if (next !== undefined) return { bracket };
  const { good, bad } = bracket;
  const isGeneratorLimited = ceilingOf(trials) !== undefined;
  if (good === undefined) return { bracket, end: isGeneratorLimited ? 'generator-limited' : 'below-lowest-rate' };
  const precision = attainablePrecision(plan, trials, goalIndex);
  if (bad !== undefined && isWithin(precision, good.rate, bad.rate)) return { bracket, end: 'found' };
  if (isGeneratorLimited) return { bracket, end: 'generator-limited' };
  return { bracket, end: 'max-rate-reached' };
}

export function holdSeconds(
  plan: SearchPlan,
  { phase, rate }: Pick<NextTrial, 'phase' | 'rate'>,
  lastGoodP99Ms: number,
): number {
  const { waitingSeconds } = plan;
  const shortest = rulesOf(plan).minHoldSeconds[phase];
  return Math.ceil(
    Math.max(shortest, SAMPLES[phase] / rate, (P99_TIMES * lastGoodP99Ms) / 1000, 2 * waitingSeconds) + waitingSeconds,
  );
}

/** Rates are rounded to three significant digits, so a width may be off by as much. */
const ROUNDING = 1.006;

function durationSumOf({ precision }: SearchPlan): (rate: number) => number {
  const sum = precision < PRECISE ? PRECISE_DURATION_SUM_S : DURATION_SUM_S;
  return (rate) => Math.max(sum, SAMPLES.confirm / rate);
}

function bracketFor(plan: SearchPlan, trials: readonly Trial[], goalIndex: number): Bracket {
  return bracketOf(evidenceOf(trials, goalIndex, durationSumOf(plan)));
}

function nextForGoal(
  plan: SearchPlan,
  trials: readonly Trial[],
  goalIndex: number,
): Pick<NextTrial, 'phase' | 'rate'> | undefined {
  const retry = toBeRepeated(trials);
  if (retry !== undefined) return { phase: 'bisect', rate: retry };
  const { good, bad: lowestBad, tied } = bracketFor(plan, trials, goalIndex);
  const generatorLimit = ceilingOf(trials);
  const ceiling = Math.min(plan.maxRate, generatorLimit ?? Infinity);
  const confirm = (rate: number) => ({ phase: 'confirm', rate }) as const;

  const precision = attainablePrecision(plan, trials, goalIndex);
  const isNarrow = good !== undefined && lowestBad !== undefined && isWithin(precision, good.rate, lowestBad.rate);
  if (tied && !(isNarrow && precision > plan.precision)) return confirm(tied.rate);
  // A bad load above the generator's limit cannot be approached: the loads between them are no evidence.
  const bad = lowestBad !== undefined && lowestBad.rate > ceiling ? undefined : lowestBad;
  if (bad === undefined) return raise(plan, good, ceiling, generatorLimit);
  if (good === undefined) {
    const lower = round(bad.rate / 2);
    if (lower >= LOWEST_RATE) return { phase: 'probe', rate: lower };
    return bad.decision === 'undecided' ? confirm(bad.rate) : undefined;
  }
  const middle = guess(plan, trials, [good.rate, bad.rate]) ?? round(Math.sqrt(good.rate * bad.rate));
  const isBetween = middle > good.rate && middle < bad.rate;
  if (!isWithin(Math.max(precision, BISECT_WIDTH), good.rate, bad.rate) && isBetween)
    return { phase: 'bisect', rate: middle };
  if (good.decision === 'undecided') return confirm(good.rate);
  if (!isWithin(precision, good.rate, bad.rate) && isBetween) return confirm(middle);
  // Where the capacity varies, a rate that was mostly bad is no better known after one more trial of it.
  const { confirmsVaryingUpperEnd, varyingWidth } = rulesOf(plan);
  const varies = contradictedRates(trials, goalIndex).length >= varyingWidth.length - 1;
  if (varies && !confirmsVaryingUpperEnd) return undefined;
  return bad.decision === 'undecided' ? confirm(bad.rate) : undefined;
}

/**
 * Guesses a load inside a bracket from what saturated trials completed: first close below and above that rate, then
 * farther from it. A guess that is wrong costs one trial. Some clusters complete less when they are overloaded: a trial
 * that completed clearly less than another one is no estimate.
 *
 * @returns undefined if no such trial was saturated, or if each guess lies outside of the bracket
 */
function guess(plan: SearchPlan, trials: readonly Trial[], [good, bad]: [number, number]): number | undefined {
  if (bad <= good * (1 + BISECT_WIDTH) * ROUNDING) return undefined;
  const valid = trials.filter(({ invalid }) => invalid === undefined);
  const { guessesBelowProven } = rulesOf(plan);
  const proven = guessesBelowProven ? 0 : Math.max(...valid.map(({ completedPerSecond = 0 }) => completedPerSecond));
  const completed = valid
    .filter(({ rate }) => rate >= bad)
    .flatMap(({ rate, completedPerSecond: one = Infinity }) => (one < SATURATED_SHARE * rate ? [one] : []))
    .filter((one) => one >= SATURATED_SHARE * proven)
    .sort((a, b) => a - b);
  if (completed.length === 0) return undefined;
  const estimate = completed[completed.length >> 1]!;
  return [-0.5, 0.5, 2, -2]
    .map((times) => round(estimate * (1 + times * plan.precision)))
    .find((rate) => rate > good && rate < bad);
}

/**
 * Returns the precision that the cluster allows. If trials contradict each other, the capacity itself varies, and a
 * narrower bracket would only describe the last trials.
 */
function attainablePrecision(plan: SearchPlan, trials: readonly Trial[], goalIndex: number): number {
  const { varyingWidth } = rulesOf(plan);
  const { length } = contradictedRates(trials, goalIndex);
  return Math.max(plan.precision, varyingWidth[Math.min(length, varyingWidth.length - 1)]!);
}

/** Returns the rates that were bad, although a trial of the same rate or of a higher one was good; ascending. */
export function contradictedRates(trials: readonly Trial[], goalIndex: number): number[] {
  const evidence = evidenceOf(trials, goalIndex, () => 0);
  const highestGood = Math.max(0, ...evidence.filter(({ goodSeconds }) => goodSeconds > 0).map(({ rate }) => rate));
  return evidence.filter(({ badSeconds, rate }) => badSeconds > 0 && rate <= highestGood).map(({ rate }) => rate);
}

function isWithin(precision: number, good: number, bad: number): boolean {
  return bad <= good * (1 + precision) * ROUNDING;
}

/** No load was bad so far: double the rate, up to the ceiling; there, confirm what is good. */
function raise(plan: SearchPlan, good: Bracket['good'], ceiling: number, invalidRate: number | undefined) {
  if (good === undefined) {
    const first = Math.min(plan.fromRate, plan.maxRate);
    if (invalidRate === undefined || first < invalidRate) return { phase: 'probe', rate: first } as const;
    return undefined;
  }
  const doubled = Math.min(round(good.rate * 2), plan.maxRate);
  if (doubled > good.rate && doubled < ceiling) return { phase: 'probe', rate: doubled } as const;
  if (invalidRate === undefined && doubled > good.rate) return { phase: 'probe', rate: doubled } as const;
  const middle = round(Math.sqrt(good.rate * ceiling));
  const isWide = invalidRate !== undefined && invalidRate > good.rate * (1 + BISECT_WIDTH) * ROUNDING;
  if (isWide && middle > good.rate && middle < invalidRate) return { phase: 'bisect', rate: middle } as const;
  return good.decision === 'undecided' ? ({ phase: 'confirm', rate: good.rate } as const) : undefined;
}

/** An INVALID trial is repeated once, at once. */
function toBeRepeated(trials: readonly Trial[]): number | undefined {
  const last = trials.at(-1);
  if (last?.invalid === undefined) return undefined;
  const before = trials.slice(0, -1).some(({ rate, invalid }) => rate === last.rate && invalid !== undefined);
  return before ? undefined : last.rate;
}

/** The lowest rate that was INVALID twice: the generator's own limit. */
function ceilingOf(trials: readonly Trial[]): number | undefined {
  const counts = new Map<number, number>();
  for (const { rate, invalid } of trials) if (invalid !== undefined) counts.set(rate, (counts.get(rate) ?? 0) + 1);
  const twice = [...counts].filter(([, count]) => count >= 2).map(([rate]) => rate);
  return twice.length === 0 ? undefined : Math.min(...twice);
}

/** Three significant digits: a rate that a person can repeat. */
export function round(rate: number): number {
  return Number(rate.toPrecision(3));
}
