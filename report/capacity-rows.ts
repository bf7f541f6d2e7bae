import { readableMs, readableRate } from '../measurement/format/durations';
import { sloText } from './capacity-sentence';
import type { CapacityResult } from './capacity-schema';

/** A table of a report: its column heads and its rows, as text without markup. */
export interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Returns the limits of a capacity search with their brackets and intervals. */
export function goalTable({ goals }: CapacityResult): TextTable {
  const rate = (value: number | null) => (value === null ? '–' : `${value}/s`);
  return {
    head: ['limit', 'holds', 'does not hold', '95 % interval', 'end of the search'],
    rows: goals.map(({ name, holds, failsAt, interval, end }) => {
      const between = interval === null ? '–' : `${interval.low}/s to ${interval.high}/s`;
      return [sloText(name), rate(holds), rate(failsAt), between, end];
    }),
  };
}

/** Returns the trials of a capacity search, in their order. */
export function trialTable({ trials }: CapacityResult): TextTable {
  return {
    head: ['trial', 'phase', 'rate', 'hold', 'completed', 'p99', 'outcome'],
    rows: trials.map(({ number, phase, rate, seconds, completedPerSecond, p99Ms, outcome, reasons }) => [
      String(number),
      phase,
      `${rate}/s`,
      `${seconds} s`,
      readableRate(completedPerSecond),
      readableMs(p99Ms),
      [outcome, ...reasons].join('; '),
    ]),
  };
}
