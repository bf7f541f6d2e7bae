import { percent } from '../format/numbers';
import { MIN_GROWTH } from '../judging/drift';
import type { Validity } from '../judging/validity';
import { formatThreshold, type Verdict } from '../judging/verdict';
import type { Goal, Trial } from './evidence';
import type { Phase } from './rules';

/** A trial with its figures, as a search keeps it. */
export interface TrialRecord extends Trial {
  /** The name of the hold on the timeline. */
  readonly step: string;
  readonly phase: Phase;
  readonly p99Ms: number;
  readonly completedPerSecond: number;
  /** Whether a generator was lost in it: it says nothing about the rate, and it is repeated. */
  readonly spoilt?: boolean;
}

/** A hold that was judged by the loosest of the goals. */
export interface JudgedHold {
  readonly holdSeconds: number;
  /** Arrivals that fell due, per second. */
  readonly scheduledPerSecond: number;
  readonly verdict: Verdict;
  readonly validity: Validity;
}

/** A load holds only if at least this share of what fell due in the hold also completed in it. */
const COMPLETED_SHARE = 0.98;

/**
 * Turns a judged hold into evidence. It is INVALID if the benchmark limited it. Otherwise it is bad for a goal if errors or
 * the growth of the open workflows exceed their limits, if the completions did not keep up, or if its p99 is above the
 * limit of the goal. A search tries each load several times, so the best estimate of the growth decides, without the
 * margin of a single verdict.
 */
export function outcomeOf(hold: JudgedHold, goals: readonly Goal[]): Pick<Trial, 'invalid' | 'reasons'> {
  const common = [...errors(hold), ...growth(hold), ...missingCompletions(hold)];
  const reasons = goals.map((goal) => [...common, ...latency(hold, goal)]);
  const { valid, reasons: why } = hold.validity;
  return valid ? { reasons } : { reasons, invalid: why.join('; ') };
}

function threshold({ verdict }: JudgedHold, name: Verdict['thresholds'][number]['name']) {
  return verdict.thresholds.find((one) => one.name === name);
}

function errors(hold: JudgedHold): string[] {
  const found = threshold(hold, 'error rate');
  if (found === undefined || found.passed) return [];
  return [`the error rate is ${formatThreshold(found, found.actual)}`];
}

function growth(hold: JudgedHold): string[] {
  const found = threshold(hold, 'open workflows growth');
  if (found === undefined) return [];
  const { required, actual, passed } = found;
  const isLikely = actual > required && actual * hold.holdSeconds >= MIN_GROWTH;
  return passed && !isLikely ? [] : [`the backlog grows by ${actual.toFixed(1)}/s`];
}

/** Starts that failed cannot complete, so they only count as errors. */
function missingCompletions(hold: JudgedHold): string[] {
  const completed = threshold(hold, 'throughput')?.actual ?? 0;
  if (errors(hold).length > 0 || completed >= COMPLETED_SHARE * hold.scheduledPerSecond) return [];
  return [`only ${percent(completed / hold.scheduledPerSecond)} of the workflows complete in time`];
}

function latency(hold: JudgedHold, { maxP99Ms }: Goal): string[] {
  const p99Ms = threshold(hold, 'p99 latency')?.actual ?? Infinity;
  return p99Ms <= maxP99Ms ? [] : [`p99 is ${Math.round(p99Ms)} ms`];
}

/** Returns the trials that are evidence about their rate: those in which no generator was lost. */
export function countedTrials(trials: readonly TrialRecord[]): TrialRecord[] {
  return trials.filter(({ spoilt }) => !spoilt);
}

/** Returns the trials that decide the bounds: the repetition at the end only shows whether the cluster has changed since. */
export function decidingTrials(trials: readonly TrialRecord[]): TrialRecord[] {
  return countedTrials(trials).filter(({ phase }) => phase !== 'repeat');
}
