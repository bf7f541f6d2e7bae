/** One objective of a search: a load is good for it only if the latency stays below its limit. */
export interface Goal {
  /** As the user wrote it, e.g. `p99=500ms`. */
  readonly name: string;
  readonly maxP99Ms: number;
}

/** What one trial found: a hold at one rate. */
export interface Trial {
  readonly rate: number;
  /** Length of its hold, seconds. */
  readonly seconds: number;
  /** Why the generator, not the server, limited it; such a trial is no evidence about the server. */
  readonly invalid?: string;
  /** For each goal, in the order of the goals: why the load was too high; empty if it was good. */
  readonly reasons: readonly (readonly string[])[];
  /** Completions per second during the hold; of a saturated cluster, an estimate of its capacity. */
  readonly completedPerSecond?: number;
}

/** What all trials of one goal say about one load. */
export interface LoadEvidence {
  readonly rate: number;
  readonly goodSeconds: number;
  readonly badSeconds: number;
  /** `undecided` as long as the rest of the goal's duration can still change it. */
  readonly decision: 'lower' | 'upper' | 'undecided';
}

/** A load is too high if more than this share of the goal's duration was bad (MLRsearch: exceed ratio). */
const EXCEED_RATIO = 0.5;

/**
 * Classifies each load that was tried (MLRsearch, load classification). Of a goal duration sum D, g seconds were good
 * and b bad; r = max(0, D − g − b) seconds are left. The load is an upper bound as soon as b / (g + b + r) exceeds the
 * exceed ratio even if the rest is good, and a lower bound as soon as (b + r) / (g + b + r) does not even if the rest is
 * bad.
 *
 * @param durationSum D, seconds, by load: low rates need longer trials
 * @returns one entry per load, by rate ascending; INVALID trials are left out
 */
export function evidenceOf(
  trials: readonly Trial[],
  goalIndex: number,
  durationSum: (rate: number) => number,
): LoadEvidence[] {
  const sums = new Map<number, { good: number; bad: number }>();
  for (const { rate, seconds, invalid, reasons } of trials) {
    if (invalid !== undefined) continue;
    const sum = sums.get(rate) ?? { good: 0, bad: 0 };
    if (reasons[goalIndex]!.length === 0) sum.good += seconds;
    else sum.bad += seconds;
    sums.set(rate, sum);
  }
  return [...sums]
    .sort(([a], [b]) => a - b)
    .map(([rate, { good, bad }]) => {
      return { rate, goodSeconds: good, badSeconds: bad, decision: decide(good, bad, durationSum(rate)) };
    });
}

function decide(good: number, bad: number, durationSum: number): LoadEvidence['decision'] {
  const rest = Math.max(0, durationSum - good - bad);
  const whole = good + bad + rest;
  if (bad / whole > EXCEED_RATIO) return 'upper';
  if ((bad + rest) / whole <= EXCEED_RATIO) return 'lower';
  return 'undecided';
}

/** The loads between which the capacity lies, as far as the evidence goes. */
export interface Bracket {
  /** Highest load that looks good and has no load below it that looks bad. */
  readonly good?: LoadEvidence;
  /** Lowest load that looks bad. */
  readonly bad?: LoadEvidence;
  /** A load with as much good as bad evidence, below the lowest bad one: to be tried again first. */
  readonly tied?: LoadEvidence;
}

/**
 * Finds the relevant bounds: the lowest bad load counts, and of the good loads only those below it, so a lucky trial
 * above a bad load never wins.
 */
export function bracketOf(evidence: readonly LoadEvidence[]): Bracket {
  const bad = evidence.find(({ goodSeconds, badSeconds }) => badSeconds > goodSeconds);
  const below = evidence.filter(({ rate }) => bad === undefined || rate < bad.rate);
  return {
    bad,
    good: below.filter(({ goodSeconds, badSeconds }) => goodSeconds > badSeconds).at(-1),
    tied: below.find(({ goodSeconds, badSeconds }) => goodSeconds === badSeconds),
  };
}
