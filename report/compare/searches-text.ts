import { percent } from '../../measurement/format/numbers';
import { sloText } from '../capacity-sentence';
import type { ComparedGoal, ComparedSearch, SearchComparison } from './compare-searches';

/** Returns a comparison of capacity searches as text: the answer, the differences of the sides, and a line per search. */
export function renderSearches({ outcome, differences, goals }: SearchComparison): string {
  return [
    '',
    outcome.replace('_', ' '),
    ...goals.map((goal) => `  ${sloText(goal.name)}: ${answer(goal)}`),
    ...(differences.length === 0
      ? []
      : [
          '',
          'Differences of the two sides',
          ...differences.map(({ what, base, changed }) => `  ${what}: ${base} → ${changed}`),
        ]),
    ...goals.flatMap((goal) => ['', ...aligned(rowsOf(goal))]),
    '',
  ].join('\n');
}

function answer({ change, verdict }: ComparedGoal): string {
  const by = change === null ? '' : `, by ${percent(Math.abs(change))}`;
  switch (verdict.kind) {
    case 'lower':
    case 'higher':
      return `the capacity is ${verdict.kind}${by}`;
    case 'no difference':
      return `no difference that counts; the capacities differ by ${percent(verdict.beyond, 0)} at most`;
    case 'undecided':
      return 'not decided: one of the searches has no lower or no upper end';
  }
}

const HEAD = ['holds', 'does not hold', '95 % interval', 'limited by', 'labels', 'search'];

function rowsOf(goal: ComparedGoal): string[][] {
  const row = (side: string) => (search: ComparedSearch) => [side, ...cells(search)];
  return [[sloText(goal.name), ...HEAD], ...goal.base.map(row('base')), ...goal.new.map(row('new'))];
}

function cells({ holds, failsAt, interval, limitedBy, labels, runId }: ComparedSearch): string[] {
  const rate = (value: number | null) => (value === null ? '–' : `${value}/s`);
  const named = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const between = interval === null ? '–' : `${interval.low}/s to ${interval.high}/s`;
  return [rate(holds), rate(failsAt), between, limitedBy ?? '–', named.join(' ') || '–', runId];
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('   ')}`.trimEnd());
}
