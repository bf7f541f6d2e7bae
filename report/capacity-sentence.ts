import type { GoalResult } from './capacity-schema';
import type { BenchmarkResult } from './result-schema';

/** The finding that names no limit. */
const NOT_DETERMINED = 'not determined';

/** Returns the result of a search in a sentence or two that a person can repeat: about the first limit that has a rate. */
export function capacitySentence(goals: readonly GoalResult[], findings: BenchmarkResult['findings']): string {
  const goal = goals.find(({ holds }) => holds !== null) ?? goals[0]!;
  const cause = findings[0];
  const limit =
    goal.failsAt === null || cause === undefined || cause.name === NOT_DETERMINED
      ? ''
      : ` Limited by: ${cause.name}; ${cause.advice}.`;
  return `${answer(goal)}${limit}`;
}

function answer(goal: GoalResult): string {
  const { name, end, holds, failsAt, confirmed, reasons } = goal;
  const slo = sloText(name);
  const why = reasons[0] ?? 'it does not hold';
  if (holds === null) {
    if (failsAt !== null) return `Does not hold ${failsAt}/s with ${slo}: ${why}.`;
    return end === 'generator-limited' || isHeldUpByGenerators(goal)
      ? `No rate could be measured: the generators did not keep up (${why}).`
      : `No rate was decided with ${slo}.`;
  }
  const above = failsAt === null ? '' : `; at ${failsAt}/s ${why}`;
  const exact = `${holds}/s${deviation(goal)} with ${slo}`;
  if (end === 'found') return `Holds ${exact}${above}.`;
  if (end === 'generator-limited') return `Holds at least ${exact}, limited by the generators: ${why}.`;
  if (end === 'max-rate-reached') return `Holds at least ${exact}, the highest rate of the search.`;
  const undecided = isHeldUpByGenerators(goal)
    ? `The search ended before it was decided, because the generators did not keep up in some trials: ${why}.`
    : 'The search ended before it was decided.';
  return `Holds about ${exact}${confirmed ? '' : ' (not confirmed)'}${above}. ${undecided}`;
}

/** Whether a search that was not decided has spent its time on trials in which the generators did not keep up. */
export function isHeldUpByGenerators({ end, failsAt, reasons }: GoalResult): boolean {
  return end === 'out-of-time' && failsAt === null && reasons.length > 0;
}

/** `p99=500ms` as `p99 ≤ 500ms`. */
export function sloText(name: string): string {
  return name.replace('=', ' ≤ ');
}

/**
 * How far the statistical interval is from the rate, at most. A search that was not decided has none: its rate is only the
 * lower end of a bracket that is still wide.
 */
function deviation({ end, holds, interval }: GoalResult): string {
  if (end !== 'found' || holds === null || interval === null) return '';
  const share = Math.max(Math.abs(interval.high / holds - 1), Math.abs(interval.low / holds - 1));
  return ` (±${Math.max(1, Math.round(share * 100))} %)`;
}
