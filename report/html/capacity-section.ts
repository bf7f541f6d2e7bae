import { goalTable, trialTable } from '../capacity-rows';
import type { BenchmarkResult, StepResult } from '../result-schema';
import { markup, section, table, type Markup } from './markup';

/**
 * Returns the limits of a capacity search with their brackets and intervals, what to try next, and its trials.
 *
 * @param isLive whether the search goes on, so that there is nothing to try next
 */
export function capacitySection({ capacity }: BenchmarkResult, isLive = false): Markup {
  if (!capacity) return markup``;
  const { next } = capacity;
  const [goals, trials] = [goalTable(capacity), trialTable(capacity)];
  // The search has not ended: the column says how it did.
  const rows = isLive ? goals.rows.map((row) => row.slice(0, -1)) : goals.rows;
  return section(
    'capacity',
    'Capacity',
    table(isLive ? goals.head.slice(0, -1) : goals.head, rows),
    isLive ? undefined : markup`<p>Next: ${next.advice}: <code>${next.command}</code></p>`,
    table(trials.head, trials.rows),
  );
}

/** Returns the rates between which the first limit of a search, or a staircase, changes from passed to failed. */
export function bracketOf({
  capacity,
  staircase,
}: BenchmarkResult): { readonly highest: number | null; readonly first: number | null } | undefined {
  if (capacity) return { highest: capacity.goals[0]!.holds, first: capacity.goals[0]!.failsAt };
  return staircase && { highest: staircase.highestPassedRate, first: staircase.firstFailedRate };
}

/** Returns the holds whose figures head the report: of a search, the trial that the results describe; otherwise all. */
export function headlineHolds(
  holds: readonly StepResult[],
  { capacity, results }: BenchmarkResult,
): readonly StepResult[] {
  if (!capacity) return holds;
  const same = capacity.trials.filter(({ rate, goodFor }) => rate === results.rates.target && goodFor.length > 0);
  return holds.filter(({ name }) => name === same.at(-1)?.step);
}
