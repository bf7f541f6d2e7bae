import { readableMs, readableRate } from '../../measurement/format/durations';
import { sloText } from '../capacity-sentence';
import type { BenchmarkResult, StepResult } from '../result-schema';
import { markup, section, table, type Markup } from './markup';

/** Returns the limits of a capacity search with their brackets and intervals, what to try next, and its trials. */
export function capacitySection({ capacity }: BenchmarkResult): Markup {
  if (!capacity) return markup``;
  const { goals, trials, next } = capacity;
  const rate = (value: number | null) => (value === null ? '–' : `${value}/s`);
  return section(
    'capacity',
    'Capacity',
    table(
      ['limit', 'holds', 'does not hold', '95 % interval', 'end of the search'],
      goals.map(({ name, holds, failsAt, interval, end }) => {
        const between = interval === null ? '–' : `${interval.low}/s to ${interval.high}/s`;
        return [sloText(name), rate(holds), rate(failsAt), between, end];
      }),
    ),
    markup`<p>Next: ${next.advice}: <code>${next.command}</code></p>`,
    table(
      ['trial', 'phase', 'rate', 'hold', 'completed', 'p99', 'outcome'],
      trials.map(({ number, phase, rate: tried, seconds, completedPerSecond, p99Ms, outcome, reasons }) => [
        String(number),
        phase,
        `${tried}/s`,
        `${seconds} s`,
        readableRate(completedPerSecond),
        readableMs(p99Ms),
        [outcome, ...reasons].join('; '),
      ]),
    ),
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
