import { clock, readableMs, readableRate, shortMs } from '../../measurement/format/durations';
import { percent, readable } from '../../measurement/format/numbers';
import type { ROW_COLUMNS } from '../../measurement/server/over-time';
import type { BenchmarkResult } from '../result-schema';
import { linearAxis, logAxis } from './axis';
import { chart, line, type Axes } from './chart';
import { eventLines, type shownEvents } from './event-marks';
import { closedTable, markup, type Markup } from './markup';

type Column = (typeof ROW_COLUMNS)[number];
type Row = Readonly<Record<Column, number | undefined>>;

/** A longer time between two rows interrupts the lines. */
const GAP_MS = 90_000;

/** Returns the rows of the readings over time; those of older results are empty. */
export function serverRows({ serverSeries }: BenchmarkResult): readonly Row[] {
  if (serverSeries === undefined) return [];
  return serverSeries.points.map(
    (point) => Object.fromEntries(serverSeries.columns.map((name, i) => [name, point[i] ?? undefined])) as Row,
  );
}

/** Draws what the server reported over time: latencies, and the tasks that wait. Empty if it reported nothing. */
export function serverOverTime(result: BenchmarkResult, x: Axes['x'], events: ReturnType<typeof shownEvents>): Markup {
  const rows = serverRows(result);
  if (rows.length === 0) return markup``;
  return markup`${latencies(rows, x, events)}${backlogs(rows, x, events)}${tableOf(rows)}`;
}

const LATENCIES = [
  ['mean', 'persistence p95', 'persistenceP95Ms'],
  ['max', 'shard lock p95', 'shardLockP95Ms'],
  ['completed', 'oldest waiting task', 'oldestTaskMs'],
] as const;

const BACKLOGS = [
  ['mean', 'workflow tasks', 'workflowBacklog'],
  ['max', 'activity tasks', 'activityBacklog'],
] as const;

function latencies(rows: readonly Row[], x: Axes['x'], events: ReturnType<typeof shownEvents>): Markup {
  const shown = LATENCIES.filter(([, , column]) => rows.some((row) => (row[column] ?? 0) > 0));
  if (shown.length === 0) return markup``;
  const values = shown.flatMap(([, , column]) => rows.map((row) => row[column] ?? 0)).filter((ms) => ms > 0);
  const axes = { x, y: logAxis(values, shortMs) };
  return chart({
    title: 'Latency inside the server',
    ...axes,
    layers: [
      ...shown.map(([className, , column]) =>
        line(
          pointsOf(rows, column, (ms) => ms > 0),
          axes,
          className,
        ),
      ),
      ...eventLines(events, axes),
    ],
    legend: shown.map(([className, name]) => [className, name]),
    xTitle: 'end of the interval; logarithmic',
    isTimeline: true,
  });
}

function backlogs(rows: readonly Row[], x: Axes['x'], events: ReturnType<typeof shownEvents>): Markup {
  const shown = BACKLOGS.filter(([, , column]) => rows.some((row) => row[column] !== undefined));
  if (shown.length === 0) return markup``;
  const most = Math.max(1, ...shown.flatMap(([, , column]) => rows.map((row) => row[column] ?? 0)));
  const axes = { x, y: linearAxis(most, (value) => String(Number(readable(value)))) };
  return chart({
    title: 'Tasks that wait in the queues of the run',
    ...axes,
    layers: [
      ...shown.map(([className, , column]) => line(pointsOf(rows, column), axes, className)),
      ...eventLines(events, axes),
    ],
    legend: shown.map(([className, name]) => [className, name]),
    xTitle: "end of the interval; the server's statistics are approximate",
    isTimeline: true,
  });
}

/** Returns the points of a line, which a missing value or a long time without a row interrupts. */
function pointsOf(rows: readonly Row[], column: Column, isShown: (value: number) => boolean = () => true) {
  return rows.flatMap((row, i): [number, number | undefined][] => {
    const value = row[column];
    const point: [number, number | undefined] = [row.atMs!, value !== undefined && isShown(value) ? value : undefined];
    const previous = rows[i - 1];
    return previous && row.atMs! - previous.atMs! > GAP_MS ? [[row.atMs!, undefined], point] : [point];
  });
}

function tableOf(rows: readonly Row[]): Markup {
  const show = (value: number | undefined, write: (known: number) => string) =>
    value === undefined ? '–' : write(value);
  return closedTable(
    'Table of the readings of the server',
    [
      'time',
      'workflow backlog',
      'activity backlog',
      'oldest task',
      'persistence p95',
      'calls',
      'shard lock p95',
      'sync match',
    ],
    rows.map((row) => [
      clock(row.atMs!),
      show(row.workflowBacklog, readable),
      show(row.activityBacklog, readable),
      show(row.oldestTaskMs, readableMs),
      show(row.persistenceP95Ms, readableMs),
      show(row.persistencePerSecond, readableRate),
      show(row.shardLockP95Ms, readableMs),
      show(row.syncMatchShare, percent),
    ]),
  );
}
