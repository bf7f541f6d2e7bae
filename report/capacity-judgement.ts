import { goalState } from '../measurement/capacity/search';
import { countedTrials, decidingTrials, type TrialRecord } from '../measurement/capacity/trial';
import type { CapacityResult } from './capacity-schema';
import type { SearchFacts } from './facts';
import type { BenchmarkResult } from './result-schema';
import type { ReportedStep } from './steps';

/**
 * Returns the trial whose figures head the report of a search: the last good one of the highest rate that holds, for the
 * first goal that has such a rate; without one, the last trial.
 */
export function headlineTrial(search: SearchFacts, holds: readonly ReportedStep[]): ReportedStep | undefined {
  const trials = countedTrials(search.trials);
  for (const goalIndex of search.plan.goals.keys()) {
    const { good } = goalState(search.plan, decidingTrials(trials), goalIndex).bracket;
    const last = trials.filter((one) => one.rate === good?.rate && isGood(one, goalIndex)).at(-1);
    const hold = last && holdOf(last, holds);
    if (hold !== undefined) return hold;
  }
  return holds.at(-1);
}

/** Returns the trials that show what limits the cluster: the first bad one of the lowest rate that fails, or an INVALID one. */
export function limitingTrials(search: SearchFacts, holds: readonly ReportedStep[]): ReportedStep[] {
  const trials = countedTrials(search.trials);
  for (const goalIndex of search.plan.goals.keys()) {
    const { bad } = goalState(search.plan, decidingTrials(trials), goalIndex).bracket;
    const first = trials.find((one) => one.rate === bad?.rate && one.invalid === undefined && !isGood(one, goalIndex));
    const hold = first && holdOf(first, holds);
    if (first !== undefined && hold !== undefined) return [failedFor(hold, first.reasons[goalIndex]!)];
  }
  const invalid = trials.filter((one) => one.invalid !== undefined).sort((a, b) => a.rate - b.rate)[0];
  const hold = (invalid && holdOf(invalid, holds)) ?? headlineTrial(search, holds);
  return hold === undefined ? [] : [hold];
}

/** A search that met no limit needs no finding: its advice already names the command to try next. */
export function limitsOfSearch(findings: BenchmarkResult['findings']): BenchmarkResult['findings'] {
  return findings.filter(({ name }) => name !== 'no limit reached');
}

/** The verdict of a trial is that of the loosest limit. One that is bad for another limit has failed, too. */
function failedFor(hold: ReportedStep, failureReasons: readonly string[]): ReportedStep {
  return hold.verdict === undefined ? hold : { ...hold, verdict: { ...hold.verdict, passed: false, failureReasons } };
}

/** A search passes if a rate holds for each of its limits. */
export function searchVerdict({ goals }: CapacityResult): { passed: boolean; failureReasons: string[] } {
  const failed = goals.filter(({ holds }) => holds === null);
  const reasons = failed.map(
    ({ name, reasons: why }) => `no rate holds with ${name}${why.length > 0 ? `: ${why.join('; ')}` : ''}`,
  );
  return { passed: failed.length === 0, failureReasons: reasons };
}

function isGood({ invalid, reasons }: TrialRecord, goalIndex: number): boolean {
  return invalid === undefined && reasons[goalIndex]!.length === 0;
}

function holdOf({ step }: TrialRecord, holds: readonly ReportedStep[]): ReportedStep | undefined {
  return holds.find((hold) => hold.step.name === step);
}
