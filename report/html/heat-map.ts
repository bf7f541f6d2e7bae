import { clock, readableMs, shortMs } from '../../measurement/format/durations';
import { BUCKET_BOUNDS_MS } from '../../measurement/account/latency-buckets';
import { BUCKET_COLUMNS } from '../../measurement/account/series';
import type { BenchmarkResult } from '../result-schema';
import type { Axis } from './axis';
import { band, cells, chart, limit, line, type Axes } from './chart';
import { eventLines, type shownEvents } from './event-marks';
import { closedTable, markup, type Markup } from './markup';
import { verdictOf } from './verdicts';

/** Columns of the drawing, at most; each joins neighboring intervals. */
const MAX_COLUMNS = 120;
/** Rows of the table, at most. */
const MAX_ROWS = 60;
const SHADES = 5;
/** A percentile of an interval needs this many samples. */
const NEEDED = { p50: 20, p99: 100 } as const;
const SHARE = { p50: 0.5, p99: 0.99 } as const;
const CLASS_OF = { p50: 'mean', p99: 'max' } as const;

/** The latencies of the completions in one or more neighboring intervals. */
interface Column {
  readonly startMs: number;
  readonly endMs: number;
  readonly counts: readonly number[];
}

/** Whether a result has the distribution of the latency over time; those of older versions have not. */
export function hasLatencyBuckets({ series }: BenchmarkResult): boolean {
  const first = series.columns.indexOf(BUCKET_COLUMNS[0]!);
  return first >= 0 && series.points.some((row) => row.length > first);
}

/** Draws how many completions had which latency when, with the p50, the p99 and the limit. */
export function heatMap(result: BenchmarkResult, x: Axes['x'], events: ReturnType<typeof shownEvents>): Markup {
  const { steps, series, thresholds } = result;
  const columns = columnsOf(result, MAX_COLUMNS);
  const used = columns.flatMap(({ counts }) => counts.flatMap((count, i) => (count > 0 ? [i] : [])));
  const [low, high] = [Math.min(...used), Math.max(...used)];
  const required = thresholds.maxP99LatencyMs;
  // A limit far above everything measured would squeeze the map; then it is only named.
  const isNear = required > 0 && placeOf(required) <= high + 6;
  const axes = { x, y: bucketAxis(low, Math.max(high + 1, isNear ? Math.ceil(placeOf(required)) : 0)) };
  const most = Math.max(...columns.flatMap(({ counts }) => counts));
  const shaded = columns.flatMap(({ startMs, endMs, counts }) =>
    counts.flatMap((count, i) =>
      count === 0 ? [] : [{ from: startMs, to: endMs, bottom: i, top: i + 1, shade: shadeOf(count / most) }],
    ),
  );
  const percentiles = (['p99', 'p50'] as const).flatMap((name) => {
    const points = columns.map((column): [number, number | undefined] => {
      return [(column.startMs + column.endMs) / 2, placeOfPercentile(column, name)];
    });
    return points.some(([, place]) => place !== undefined) ? [{ name, points }] : [];
  });
  const slo = isNear ? limit(placeOf(required), `p99 limit ${readableMs(required)}`, axes) : undefined;
  const holds = steps.filter(({ kind }) => kind === 'hold');
  return markup`${chart({
    title: 'Latency from the due time',
    ...axes,
    backgrounds: holds.map((step) =>
      band(step.startMs, step.startMs + step.durationMs, axes, verdictOf(step).className),
    ),
    layers: [
      ...Array.from({ length: SHADES }, (_, shade) =>
        cells(
          shaded.filter((cell) => cell.shade === shade),
          axes,
          `heat heat${shade}`,
        ),
      ),
      ...percentiles.map(({ name, points }) => line(points, axes, CLASS_OF[name])),
      ...eventLines(events, axes),
      ...(slo ? [slo.layer] : []),
    ],
    labels: slo ? [slo.label] : [],
    legend: [
      ...percentiles.map(({ name }) => [CLASS_OF[name], name] as const).reverse(),
      ['heat', 'more completions where darker'],
    ],
    xTitle: `time of completion; logarithmic${isNear || required === 0 ? '' : `; the p99 limit of ${readableMs(required)} is above this chart`}`,
    isTimeline: true,
  })}${latencyTable(result, series.widthMs)}`;
}

function shadeOf(share: number): number {
  return Math.min(SHADES - 1, Math.floor(Math.sqrt(share) * SHADES));
}

/** Joins the intervals of the series into at most `most` columns. */
function columnsOf({ series }: BenchmarkResult, most: number): Column[] {
  const index = series.columns.indexOf('index');
  const first = series.columns.indexOf(BUCKET_COLUMNS[0]!);
  const last = series.points.at(-1)?.[index] ?? 0;
  const every = Math.max(1, Math.ceil((last + 1) / most));
  const joined = new Map<number, number[]>();
  for (const row of series.points) {
    const at = Math.floor((row[index] ?? 0) / every);
    const counts = joined.get(at) ?? BUCKET_BOUNDS_MS.map(() => 0);
    row.slice(first).forEach((count, i) => (counts[i]! += count));
    joined.set(at, counts);
  }
  const widthMs = every * series.widthMs;
  return [...joined].map(([at, counts]) => ({ startMs: at * widthMs, endMs: (at + 1) * widthMs, counts }));
}

/** Returns where a latency is among the buckets: i + 0.5 is in the middle of bucket i. */
function placeOf(ms: number): number {
  const upper = BUCKET_BOUNDS_MS.findIndex((bound) => ms <= bound);
  if (upper <= 0) return ms;
  const [below, above] = [BUCKET_BOUNDS_MS[upper - 1]!, BUCKET_BOUNDS_MS[upper]!];
  return upper + (above === Infinity ? 0.5 : Math.log(ms / below) / Math.log(above / below));
}

/** Returns the place of a percentile, interpolated within its bucket; undefined if there are too few samples. */
function placeOfPercentile({ counts }: Column, percentile: keyof typeof NEEDED): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total < NEEDED[percentile]) return undefined;
  const rank = SHARE[percentile] * total;
  let before = 0;
  for (const [i, count] of counts.entries()) {
    if (count > 0 && before + count >= rank) return i + (rank - before) / count;
    before += count;
  }
  return undefined;
}

/** Returns the latency at a place among the buckets, milliseconds. */
function msAt(place: number): number {
  const i = Math.min(BUCKET_BOUNDS_MS.length - 2, Math.floor(place));
  const above = BUCKET_BOUNDS_MS[i]!;
  const below = i === 0 ? 0 : BUCKET_BOUNDS_MS[i - 1]!;
  return i === 0 ? above * place : below * (above / below) ** (place - i);
}

function bucketAxis(low: number, high: number): Axis {
  const toShare = (place: number) => (place - low) / (high - low);
  // The upper bound of every second bucket is a power of two.
  const step = 2 * Math.max(1, Math.ceil((high - low) / 12));
  const ticks = BUCKET_BOUNDS_MS.flatMap((bound, i) =>
    i % step === 0 && i + 1 >= low && i + 1 <= high && bound !== Infinity
      ? [{ share: toShare(i + 1), label: shortMs(bound) }]
      : [],
  );
  return { toShare, ticks };
}

function latencyTable(result: BenchmarkResult, widthMs: number): Markup {
  const columns = columnsOf(result, MAX_ROWS);
  const size = (columns[0]!.endMs - columns[0]!.startMs) / widthMs;
  const show = (place: number | undefined) => (place === undefined ? '–' : `about ${readableMs(msAt(place))}`);
  const rows = columns.map((column) => [
    clock(column.startMs),
    column.counts.reduce((sum, count) => sum + count, 0),
    show(placeOfPercentile(column, 'p50')),
    show(placeOfPercentile(column, 'p99')),
  ]);
  return closedTable(`Table (one row per ${clock(size * widthMs)})`, ['time', 'completions', 'p50', 'p99'], rows);
}
