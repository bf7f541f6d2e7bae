import { headlineTrial } from './capacity-judgement';
import type { RunFacts } from './facts';
import type { Outcome } from './exit-codes';
import type { BenchmarkResult } from './result-schema';
import { copyValidity, type ReportedStep } from './steps';

const isGood = ({ verdict, validity }: ReportedStep) => verdict?.passed === true && validity?.valid === true;

/**
 * Returns the hold whose thresholds and validity head the report. For a staircase it is the highest hold that was valid
 * and passed, or the first hold if none was. For a search it is the last good trial of the rate that holds. For iterations it is the first that was invalid or failed, or the last one.
 */
export function headlineOf(
  counted: readonly ReportedStep[],
  { spec, search }: Pick<RunFacts, 'spec' | 'search'>,
): ReportedStep | undefined {
  if (search !== undefined) return headlineTrial(search, counted);
  if (spec.stages === undefined) return counted.find((step) => !isGood(step)) ?? counted.at(-1);
  return counted.filter(isGood).at(-1) ?? counted[0];
}

/** Why a counted hold without a judgement makes the run neither passed nor valid: what is unknown is no success. */
export const NOT_JUDGED = 'the hold was not judged';

export function verdictOf(
  counted: readonly ReportedStep[],
  facts: RunFacts,
): { passed: boolean; failureReasons: string[] } {
  const judged = counted.filter((step) => step.verdict !== undefined);
  if (judged.length === 0) {
    return { passed: false, failureReasons: [facts.error ?? 'no hold was completed, so there is no verdict'] };
  }
  const reasons = counted.flatMap((step) =>
    (step.verdict?.failureReasons ?? [NOT_JUDGED]).map((reason) => located(reason, step, facts)),
  );
  return { passed: reasons.length === 0, failureReasons: reasons };
}

/** A run is valid if every counted hold is. The checks are those of the headline hold. */
export function validityOf(facts: RunFacts, counted: readonly ReportedStep[]): BenchmarkResult['validity'] {
  const judged = counted.filter((step) => step.validity !== undefined);
  if (judged.length === 0) return { valid: false, reasons: ['no hold was completed'], checks: [] };
  return {
    valid: counted.every((step) => step.validity?.valid === true),
    reasons: counted.flatMap((step) =>
      (step.validity?.reasons ?? [NOT_JUDGED]).map((reason) => located(reason, step, facts)),
    ),
    checks: copyValidity((headlineOf(judged, facts) ?? judged[0]!).validity!).checks,
  };
}

/** Prefixes a reason with the hold that it belongs to, if there are several. */
function located(reason: string, { step }: ReportedStep, { spec }: RunFacts): string {
  if (spec.stages !== undefined) return `at ${step.fromRate}/s: ${reason}`;
  return spec.iterations > 1 ? `iteration ${step.iteration}: ${reason}` : reason;
}

export function outcomesOf(facts: RunFacts, is: { passed: boolean; valid: boolean; accounted: boolean }): Set<Outcome> {
  const applies = new Set<Outcome>();
  if (facts.misconfigured) applies.add('BAD_CONFIGURATION');
  if (facts.error !== undefined) applies.add('ERROR');
  if (facts.abortReason !== undefined) applies.add('ABORTED');
  if (facts.steps.length > 0 && !is.accounted) applies.add('UNACCOUNTED');
  const judged = facts.error === undefined && facts.abortReason === undefined;
  if (judged && !is.valid) applies.add('INVALID');
  if (judged && !is.passed) applies.add('FAILED');
  if (facts.cleanup && !facts.cleanup.complete) applies.add('CLEANUP_INCOMPLETE');
  return applies;
}

export function staircaseOf(counted: readonly ReportedStep[]): NonNullable<BenchmarkResult['staircase']> {
  const firstBad = counted.find((step) => step.verdict !== undefined && !isGood(step));
  const highest = counted
    .filter(isGood)
    .reduce<number | null>((rate, { step }) => Math.max(rate ?? 0, step.fromRate), null);
  return {
    highestPassedRate: highest,
    firstFailedRate: firstBad?.step.fromRate ?? null,
    reasons: firstBad ? [...(firstBad.validity?.reasons ?? []), ...(firstBad.verdict?.failureReasons ?? [])] : [],
  };
}
