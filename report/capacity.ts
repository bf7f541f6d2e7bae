import { capacityInterval } from '../measurement/capacity/interval';
import { contradictedRates, goalState } from '../measurement/capacity/search';
import { countedTrials, decidingTrials, type TrialRecord } from '../measurement/capacity/trial';
import { nextStepOf } from './capacity-advice';
import type { CapacityResult, GoalResult } from './capacity-schema';
import { capacitySentence } from './capacity-sentence';
import type { RunFacts, SearchFacts } from './facts';
import type { BenchmarkResult } from './result-schema';

/** Two throughputs at the same rate that differ by more than this share show that the cluster has changed. */
const DRIFT_SHARE = 0.05;

/** Returns the section `capacity` of a result. */
export function capacityOf(
  search: SearchFacts,
  facts: Pick<RunFacts, 'abortReason' | 'error'>,
  findings: BenchmarkResult['findings'],
): CapacityResult {
  const goals = search.plan.goals.map((_, i) => goalResult(search, facts, i));
  return {
    sentence: capacitySentence(goals, findings),
    goals,
    trials: search.trials.map((trial, i) => trialResult(trial, i, search)),
    precision: search.plan.precision,
    fromRate: search.plan.fromRate,
    maxRate: search.plan.maxRate,
    labels: { ...search.labels },
    drift: driftOf(search),
    mixedRates: mixedRates(search),
    next: nextStepOf(goals, findings, search),
  };
}

function goalResult(
  search: SearchFacts,
  facts: Pick<RunFacts, 'abortReason' | 'error'>,
  goalIndex: number,
): GoalResult {
  const { plan } = search;
  const trials = countedTrials(search.trials);
  const { bracket, end } = goalState(plan, decidingTrials(trials), goalIndex);
  const { name, maxP99Ms } = plan.goals[goalIndex]!;
  const unfinished =
    facts.abortReason !== undefined ? 'aborted' : search.stopped !== undefined ? 'out-of-time' : 'incomplete';
  const interval = capacityInterval(trials, goalIndex);
  return {
    name,
    maxP99LatencyMs: maxP99Ms,
    end: end ?? unfinished,
    holds: bracket.good?.rate ?? null,
    failsAt: bracket.bad?.rate ?? null,
    reasons: bracket.bad === undefined ? ceilingReasons(trials) : reasonsAt(trials, bracket.bad.rate, goalIndex),
    confirmed: bracket.good?.decision === 'lower',
    interval: interval === undefined ? null : { low: round(interval.low), high: round(interval.high) },
  };
}

/** Returns why the trials at a rate were bad: the reasons of the first one, which is the most typical. */
function reasonsAt(trials: readonly TrialRecord[], rate: number, goalIndex: number): string[] {
  const bad = trials.find(
    (one) => one.rate === rate && one.invalid === undefined && one.reasons[goalIndex]!.length > 0,
  );
  return [...(bad?.reasons[goalIndex] ?? [])];
}

function ceilingReasons(trials: readonly TrialRecord[]): string[] {
  const invalid = trials.filter((one) => one.invalid !== undefined);
  const lowest = invalid.reduce<TrialRecord | undefined>(
    (low, one) => (low && low.rate <= one.rate ? low : one),
    undefined,
  );
  return lowest === undefined ? [] : [lowest.invalid!];
}

function trialResult(trial: TrialRecord, i: number, { plan }: SearchFacts): CapacityResult['trials'][number] {
  const { step, phase, rate, seconds, p99Ms, completedPerSecond, invalid, spoilt, reasons } = trial;
  const isEvidence = invalid === undefined && !spoilt;
  const goodFor = plan.goals.filter((_, goal) => isEvidence && reasons[goal]!.length === 0).map(({ name }) => name);
  const outcome = spoilt
    ? 'repeated'
    : invalid !== undefined
      ? 'INVALID'
      : goodFor.length === plan.goals.length
        ? 'good'
        : goodFor.length === 0
          ? 'bad'
          : 'mixed';
  const why = invalid !== undefined ? [invalid] : [...new Set(reasons.flat())];
  return { number: i + 1, step, phase, rate, seconds, outcome, goodFor, reasons: why, p99Ms, completedPerSecond };
}

/** Compares the first and the last trial of the rate that holds for the first goal. */
function driftOf({ plan, trials }: SearchFacts): CapacityResult['drift'] {
  const counted = countedTrials(trials);
  const { good } = goalState(plan, decidingTrials(trials), 0).bracket;
  const same = counted.filter(({ rate, invalid }) => rate === good?.rate && invalid === undefined);
  if (same.length < 2) return null;
  const [first, again] = [same[0]!, same.at(-1)!];
  const isGood = ({ reasons }: TrialRecord) => reasons[0]!.length === 0;
  const difference = Math.abs(again.completedPerSecond / first.completedPerSecond - 1);
  return {
    rate: good!.rate,
    first: describe(first),
    again: describe(again),
    changed: isGood(first) !== isGood(again) || difference > DRIFT_SHARE,
  };
}

function describe({ completedPerSecond, p99Ms, reasons }: TrialRecord): string {
  const outcome = reasons[0]!.length === 0 ? 'good' : 'bad';
  return `${outcome}, ${completedPerSecond.toFixed(1)}/s completed, p99 ${Math.round(p99Ms)} ms`;
}

/** Returns the rates whose trials contradict others: the capacity varies, or the cluster does not return to what it held. */
function mixedRates({ plan, trials }: SearchFacts): number[] {
  const rates = plan.goals.flatMap((_, i) => contradictedRates(countedTrials(trials), i));
  return [...new Set(rates)].sort((a, b) => a - b);
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
