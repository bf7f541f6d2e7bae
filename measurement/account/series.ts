import { addBuckets, BUCKET_BOUNDS_MS, bucketOf } from './latency-buckets';

/** The maximum number of points in the time series of a run, however long it is. */
export const MAX_POINTS = 600;

/** One interval of the timeline: counts, and the latencies of the completions observed in it. */
export interface SeriesPoint {
  /** The interval covers [index · widthMs, (index + 1) · widthMs) of the timeline. */
  readonly index: number;
  readonly scheduled: number;
  readonly acknowledged: number;
  readonly rejected: number;
  readonly skipped: number;
  /** Completions that a client observed; in a sampled run, those of the sample. */
  readonly completed: number;
  readonly failed: number;
  readonly latencySumMs: number;
  readonly latencyMaxMs: number;
  /** Observed workflows that were started in it. */
  readonly opened: number;
  /** Observed workflows that ended in it, earlier by what the workload itself waits for: what a drift test compares. */
  readonly closed: number;
  /** Completions by bucket of their latency, up to the last bucket that is not empty. */
  readonly buckets: readonly number[];
}

export type SeriesCount = Exclude<keyof SeriesPoint, 'index' | 'latencySumMs' | 'latencyMaxMs' | 'buckets'>;

/** Returns the width of an interval in milliseconds: whole seconds, so wide that the timeline fits into {@link MAX_POINTS}. */
export function seriesWidthMs(timelineMs: number): number {
  return Math.max(1000, Math.ceil(timelineMs / MAX_POINTS / 1000) * 1000);
}

type OwnPoint = { -readonly [K in Exclude<keyof SeriesPoint, 'buckets'>]: SeriesPoint[K] } & { buckets: number[] };

export class Series {
  private readonly points = new Map<number, OwnPoint>();

  /** @param lastIndex the last interval; later events are counted in it, which bounds the number of points */
  constructor(
    private readonly widthMs: number,
    private readonly lastIndex = MAX_POINTS - 1,
  ) {}

  count(timelineMs: number, what: SeriesCount, n = 1): void {
    this.at(timelineMs)[what] += n;
  }

  latency(timelineMs: number, latencyMs: number): void {
    const point = this.at(timelineMs);
    point.latencySumMs += latencyMs;
    point.latencyMaxMs = Math.max(point.latencyMaxMs, latencyMs);
    const bucket = bucketOf(latencyMs);
    while (point.buckets.length <= bucket) point.buckets.push(0);
    point.buckets[bucket]! += 1;
  }

  get all(): readonly SeriesPoint[] {
    return [...this.points.values()];
  }

  pack(): PackedSeries {
    return packSeries(this.all);
  }

  private at(timelineMs: number) {
    const index = Math.min(this.lastIndex, Math.max(0, Math.floor(timelineMs / this.widthMs)));
    let point = this.points.get(index);
    if (!point) this.points.set(index, (point = { ...emptyPoint(index), buckets: [] }));
    return point;
  }
}

/** Returns a series in which arrivals were scheduled at these times of the timeline, and nothing else happened. */
export function scheduledSeries(dueMs: Iterable<number>, widthMs: number): readonly SeriesPoint[] {
  const series = new Series(widthMs, Number.MAX_SAFE_INTEGER);
  for (const at of dueMs) series.count(at, 'scheduled');
  return series.all;
}

/** Points as rows of numbers in the order of {@link COLUMNS}, a fifth of the size of objects. */
export type PackedSeries = readonly (readonly number[])[];

/** The columns of a packed series, which are followed by the buckets of the latency. */
export const COLUMNS = [
  'index',
  'scheduled',
  'acknowledged',
  'rejected',
  'skipped',
  'completed',
  'failed',
  'latencySumMs',
  'latencyMaxMs',
  'opened',
  'closed',
] as const satisfies readonly Column[];

type Column = Exclude<keyof SeriesPoint, 'buckets'>;

/** The columns that a result holds; `opened` and `closed` serve the drift test only. */
export const RESULT_COLUMNS = COLUMNS.filter((column) => column !== 'opened' && column !== 'closed');

/** The names of the buckets in a result: `latency ≤ 1.4 ms`, and `latency > 23170 ms`. */
export const BUCKET_COLUMNS = BUCKET_BOUNDS_MS.map((bound, i) =>
  bound === Infinity
    ? `latency > ${Number(BUCKET_BOUNDS_MS[i - 1]!.toPrecision(5))} ms`
    : `latency ≤ ${Number(bound.toPrecision(5))} ms`,
);

export function packSeries(points: readonly SeriesPoint[], columns: readonly Column[] = COLUMNS): PackedSeries {
  return points.map((point) => [...columns.map((column) => round(point[column])), ...point.buckets]);
}

export function unpackSeries(packed: PackedSeries): SeriesPoint[] {
  return packed.map((row) => {
    const columns = Object.fromEntries(COLUMNS.map((column, i) => [column, row[i] ?? 0])) as Record<Column, number>;
    return { ...columns, buckets: row.slice(COLUMNS.length) };
  });
}

/** Merges series of the same width: adds counts and latency sums, and takes the maximum of maxima. */
export function mergeSeries(all: readonly (readonly SeriesPoint[])[]): SeriesPoint[] {
  const merged = new Map<number, SeriesPoint>();
  for (const point of all.flat()) {
    const sum = merged.get(point.index) ?? emptyPoint(point.index);
    merged.set(point.index, {
      index: point.index,
      scheduled: sum.scheduled + point.scheduled,
      acknowledged: sum.acknowledged + point.acknowledged,
      rejected: sum.rejected + point.rejected,
      skipped: sum.skipped + point.skipped,
      completed: sum.completed + point.completed,
      failed: sum.failed + point.failed,
      latencySumMs: sum.latencySumMs + point.latencySumMs,
      latencyMaxMs: Math.max(sum.latencyMaxMs, point.latencyMaxMs),
      opened: sum.opened + point.opened,
      closed: sum.closed + point.closed,
      buckets: addBuckets(sum.buckets, point.buckets),
    });
  }
  return [...merged.values()].sort((a, b) => a.index - b.index);
}

/** Adds two rows of the same interval, in the order of these columns; zeros at the end of a row may be left out. */
export function sumOfRows(a: readonly number[], b: readonly number[], columns: readonly string[]): number[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => {
    const [one, other] = [a[i] ?? 0, b[i] ?? 0];
    if (columns[i] === 'index') return one;
    return columns[i] === 'latencyMaxMs' ? Math.max(one, other) : round(one + other);
  });
}

function emptyPoint(index: number): SeriesPoint {
  return {
    index,
    scheduled: 0,
    acknowledged: 0,
    rejected: 0,
    skipped: 0,
    completed: 0,
    failed: 0,
    latencySumMs: 0,
    latencyMaxMs: 0,
    opened: 0,
    closed: 0,
    buckets: [],
  };
}

/** Joins every `factor` neighboring intervals into one, for a timeline that became longer than planned. */
export function coarsen(points: readonly SeriesPoint[], factor: number): SeriesPoint[] {
  return mergeSeries(points.map((point) => [{ ...point, index: Math.floor(point.index / factor) }]));
}

/** A series of which neighboring intervals are joined, so that it is short. */
export interface ThinSeries {
  /** How many intervals one point covers. */
  readonly every: number;
  /** The first interval after the last one. */
  readonly end: number;
  readonly points: PackedSeries;
}

/** Joins neighboring intervals, so that a series has at most this many points. The buckets of the latency are left out. */
export function thin(points: readonly SeriesPoint[], most: number): ThinSeries {
  const indexes = points.map(({ index }) => index);
  const [first, end] = [Math.min(...indexes), Math.max(-1, ...indexes) + 1];
  const every = Math.max(1, Math.ceil((end - first) / most));
  const joined = points.map((point) => [
    { ...point, buckets: [], index: point.index - ((point.index - first) % every) },
  ]);
  return { every, end, points: packSeries(mergeSeries(joined)) };
}

/** Spreads each point of a thin series evenly over the intervals that it covers. The sums stay the same. */
export function spread({ every, end, points }: ThinSeries): SeriesPoint[] {
  return unpackSeries(points).flatMap((point) => {
    const count = Math.max(1, Math.min(every, end - point.index));
    return Array.from({ length: count }, (_, i): SeriesPoint => {
      const part = (n: number) => Math.floor((n * (i + 1)) / count) - Math.floor((n * i) / count);
      const counts = COLUMNS.map((column) => [column, part(point[column])] as const);
      return {
        ...(Object.fromEntries(counts) as Record<Column, number>),
        buckets: [],
        index: point.index + i,
        latencySumMs: point.latencySumMs / count,
        latencyMaxMs: point.latencyMaxMs,
      };
    });
  });
}

/** Rounds milliseconds to microseconds; more digits are noise and make results longer. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
