import type { RunFacts } from './facts';
import type { Outcome } from './exit-codes';
import type { BenchmarkResult } from './result-schema';
import { copyValidity, type ReportedStep } from './steps';

/** The step whose figures stand at the top: the only hold, or the highest of a staircase that was valid and passed. */
export function headlineOf(counted: readonly ReportedStep[]): ReportedStep | undefined {
  const good = counted.filter((step) => step.verdict?.passed && step.validity?.valid);
  return good.at(-1) ?? counted[0];
}

export function verdictOf(
  counted: readonly ReportedStep[],
  facts: RunFacts,
): { passed: boolean; failureReasons: string[] } {
  const staircase = facts.spec.stages !== undefined;
  const judged = counted.filter((step) => step.verdict !== undefined);
  const reasons = judged.flatMap(({ step, verdict }) =>
    verdict!.failureReasons.map((reason) => (staircase ? `at ${step.fromRate}/s: ${reason}` : reason)),
  );
  if (judged.length === 0)
    return { passed: false, failureReasons: [facts.error ?? 'no hold was completed, so nothing could be judged'] };
  return { passed: reasons.length === 0, failureReasons: reasons };
}

/** Every hold has to be valid; the checks shown are those of the hold at the top. */
export function validityOf(facts: RunFacts, counted: readonly ReportedStep[]): BenchmarkResult['validity'] {
  const staircase = facts.spec.stages !== undefined;
  const judged = counted.filter((step) => step.validity !== undefined);
  if (judged.length === 0) return { valid: false, reasons: ['no hold was completed'], checks: [] };
  return {
    valid: judged.every((step) => step.validity!.valid),
    reasons: judged.flatMap(({ step, validity }) =>
      validity!.reasons.map((reason) => (staircase ? `at ${step.fromRate}/s: ${reason}` : reason)),
    ),
    checks: copyValidity((headlineOf(counted) ?? judged[0]!).validity!).checks,
  };
}

export function outcomesOf(facts: RunFacts, is: { passed: boolean; valid: boolean; accounted: boolean }): Set<Outcome> {
  const applies = new Set<Outcome>();
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
  const good = (step: ReportedStep) => step.verdict?.passed === true && step.validity?.valid === true;
  const firstBad = counted.find((step) => !good(step));
  const highest = counted
    .filter(good)
    .reduce<number | null>((rate, { step }) => Math.max(rate ?? 0, step.fromRate), null);
  return {
    highestPassedRate: highest,
    firstFailedRate: firstBad?.step.fromRate ?? null,
    reasons: firstBad ? [...(firstBad.validity?.reasons ?? []), ...(firstBad.verdict?.failureReasons ?? [])] : [],
  };
}
