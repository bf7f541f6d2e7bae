import { readableMs, readableRate } from '../measurement/format/durations';
import type { BenchmarkResult } from './result-schema';

/** One stored result in a history. */
export interface HistoryRow {
  readonly timestamp: string;
  readonly runId: string;
  readonly outcome: string;
  /** Workload and load: only rows with the same subject can be compared. */
  readonly subject: string;
  readonly serverVersion: string;
  readonly completedPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly errorRate: number;
  /** null if the run was no staircase, or no rate passed. */
  readonly highestPassedRate: number | null;
  /** The highest rate that a capacity search proved for its first limit; null if the run was no search, or none holds. */
  readonly capacity: number | null;
  /** What changed with this result; null if nothing did, or too few iterations have followed. */
  readonly change: string | null;
  readonly file: string;
}

/** The columns of a history, in the order of its CSV. */
export const HISTORY_COLUMNS = [
  'timestamp',
  'runId',
  'outcome',
  'subject',
  'serverVersion',
  'completedPerSecond',
  'p50Ms',
  'p99Ms',
  'errorRate',
  'highestPassedRate',
  'capacity',
  'change',
  'file',
] as const satisfies readonly (keyof HistoryRow)[];

/** @param change what changed with this result, by `changesOverTime` */
export function historyRow(result: BenchmarkResult, file: string, change: string | null = null): HistoryRow {
  const { timestamp, runId, outcomes, config, system, results, staircase, capacity } = result;
  const what = String(config.mix ?? config.workload ?? 'no load');
  const stages = config.stages as readonly number[] | undefined;
  return {
    timestamp,
    runId,
    outcome: outcomes.join(', '),
    subject: capacity
      ? `${what}: capacity with ${capacity.goals.map(({ name }) => name).join(', ')}`
      : stages
        ? `${what} at ${stages.join(', ')}/s`
        : config.rate === undefined
          ? what
          : `${what} at ${String(config.rate)}/s`,
    serverVersion: system.serverVersion,
    completedPerSecond: results.rates.completed,
    p50Ms: results.latency.p50,
    p99Ms: results.latency.p99,
    errorRate: results.errorRate,
    highestPassedRate: staircase?.highestPassedRate ?? null,
    capacity: capacity?.goals[0]?.holds ?? null,
    change,
    file,
  };
}

/** Returns a history as text: one table per subject, oldest first, with a sparkline of the p99. */
export function renderHistory(rows: readonly HistoryRow[]): string {
  if (rows.length === 0) return 'No results.\n';
  const subjects = [...new Set(rows.map(({ subject }) => subject))];
  return subjects
    .map((subject) =>
      renderSubject(
        subject,
        rows.filter((row) => row.subject === subject),
      ),
    )
    .join('\n');
}

function renderSubject(subject: string, rows: readonly HistoryRow[]): string {
  const ids = Math.max(...rows.map(({ runId }) => runId.length));
  const versions = Math.max(6, ...rows.map(({ serverVersion }) => serverVersion.length));
  const head = `  ${'started'.padEnd(17)} ${'run'.padEnd(ids)}  ${'server'.padEnd(versions)} ${'completed'.padStart(10)} ${'p50'.padStart(9)} ${'p99'.padStart(9)}  outcome`;
  const lines = rows.map((row) => {
    const rate = row.capacity ?? row.highestPassedRate;
    const highest = rate === null ? '' : `, up to ${rate}/s`;
    const change = row.change === null ? '' : `  ← ${row.change}`;
    const figures = [
      readableRate(row.completedPerSecond).padStart(10),
      readableMs(row.p50Ms).padStart(9),
      readableMs(row.p99Ms).padStart(9),
    ];
    return `  ${row.timestamp.slice(0, 16).replace('T', ' ')}Z ${row.runId.padEnd(ids)}  ${row.serverVersion.padEnd(versions)} ${figures.join(' ')}  ${row.outcome}${highest}${change}`;
  });
  const valid = rows.filter(({ outcome, p99Ms }) => /^(PASSED|FAILED)/.test(outcome) && p99Ms > 0);
  const trend = valid.length < 2 ? [] : [`  p99 of the valid runs: ${sparkline(valid.map(({ p99Ms }) => p99Ms))}`];
  return [subject, head, ...lines, ...trend, ''].join('\n');
}

/** Draws values as blocks; the lowest is that of the smallest value, the highest that of the largest. */
export function sparkline(values: readonly number[]): string {
  const blocks = '▁▂▃▄▅▆▇█';
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return values.map((value) => blocks[high === low ? 0 : Math.round(((value - low) / (high - low)) * 7)]).join('');
}

/** Returns a history as CSV (RFC 4180). */
export function historyCsv(rows: readonly HistoryRow[]): string {
  const cell = (value: string | number | null) => {
    // A spreadsheet would execute a text that begins like a formula.
    const text = typeof value === 'string' && /^[=+\-@]/.test(value) ? `'${value}` : String(value ?? '');
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [HISTORY_COLUMNS.join(','), ...rows.map((row) => HISTORY_COLUMNS.map((column) => cell(row[column])).join(','))]
    .map((line) => `${line}\r\n`)
    .join('');
}
