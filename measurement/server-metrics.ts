import { parseExposition, type Sample } from './exposition';

/** One thing that a Temporal server says of itself in its metrics; the names are those of server 1.20 to 1.32. */
export interface ServerMeasure {
  readonly name: string;
  readonly kind: 'latency' | 'counter' | 'gauge';
  /** Its metric; where the first is absent, the next, as older servers call it. */
  readonly metrics: readonly [string, ...string[]];
  /** Only samples with these labels. */
  readonly where?: Readonly<Record<string, string>>;
  /** Told apart by these labels. */
  readonly by?: readonly string[];
}

/** The measures that say what a cluster did. Latencies are histograms, in seconds or in milliseconds by its configuration. */
export const SERVER_MEASURES = [
  { name: 'persistence latency', kind: 'latency', metrics: ['persistence_latency'], by: ['operation'] },
  {
    name: 'shard lock',
    kind: 'latency',
    metrics: ['semaphore_latency', 'lock_latency'],
    where: { operation: 'ShardInfo' },
  },
  { name: 'visibility latency', kind: 'latency', metrics: ['visibility_persistence_latency'] },
  { name: 'history task load', kind: 'latency', metrics: ['task_latency_load'] },
  { name: 'history task schedule', kind: 'latency', metrics: ['task_latency_schedule'] },
  { name: 'history task queue', kind: 'latency', metrics: ['task_latency_queue'] },
  {
    name: 'start latency',
    kind: 'latency',
    metrics: ['service_latency'],
    where: { operation: 'StartWorkflowExecution' },
    by: ['service_name'],
  },
  { name: 'persistence requests', kind: 'counter', metrics: ['persistence_requests'], by: ['service_name'] },
  {
    name: 'persistence errors',
    kind: 'counter',
    metrics: ['persistence_error_with_type'],
    by: ['error_type', 'service_name'],
  },
  {
    name: 'persistence refused',
    kind: 'counter',
    metrics: ['persistence_errors_resource_exhausted'],
    by: ['service_name'],
  },
  {
    name: 'calls refused',
    kind: 'counter',
    metrics: ['service_errors_resource_exhausted'],
    by: ['resource_exhausted_cause', 'resource_exhausted_scope', 'service_name'],
  },
  { name: 'polls answered', kind: 'counter', metrics: ['poll_success'] },
  { name: 'polls answered at once', kind: 'counter', metrics: ['poll_success_sync'] },
  { name: 'cache requests', kind: 'counter', metrics: ['cache_requests'], by: ['cache_type'] },
  { name: 'cache misses', kind: 'counter', metrics: ['cache_miss'], by: ['cache_type'] },
  { name: 'restarts', kind: 'counter', metrics: ['restarts'], by: ['service_name'] },
  {
    name: 'database connections in use',
    kind: 'gauge',
    metrics: ['persistence_sql_in_use'],
    by: ['service_name', 'db_kind'],
  },
  {
    name: 'database connections allowed',
    kind: 'gauge',
    metrics: ['persistence_sql_max_open_conn'],
    by: ['service_name', 'db_kind'],
  },
  { name: 'DSQL conflicts', kind: 'counter', metrics: ['dsql_tx_conflict_total'] },
  { name: 'DSQL retries', kind: 'counter', metrics: ['dsql_tx_retry_total'] },
  { name: 'DSQL retries exhausted', kind: 'counter', metrics: ['dsql_tx_exhausted_total'] },
] as const satisfies readonly ServerMeasure[];

export type MeasureName = (typeof SERVER_MEASURES)[number]['name'];

/** What one measure said over one stretch of time, all endpoints together. */
export interface ServerReading {
  readonly name: MeasureName;
  /** The values of the labels by which it is told apart, e.g. `UpdateWorkflowExecution`; empty where it is not. */
  readonly of: string;
  /** Events of a counter, calls of a latency. */
  readonly count?: number;
  readonly perSecond?: number;
  readonly p50Ms?: number;
  readonly p95Ms?: number;
  readonly p99Ms?: number;
  /** The highest value of a gauge. */
  readonly highest?: number;
}

/** The samples of one endpoint that the catalogue asks for. */
export type ServerPage = readonly Sample[];

/** Everything at both ends of a hold; in between gauges only, since counters are read at the ends. */
export type PagePart = 'all' | 'gauges';

/** The names of the samples that the catalogue asks for. */
export function metricsToRead(part: PagePart): string[] {
  const wanted = SERVER_MEASURES.filter(({ kind }) => part === 'all' || kind === 'gauge');
  return wanted.flatMap(({ kind, metrics }: ServerMeasure) =>
    metrics.map((metric) => (kind === 'latency' ? `${metric}_bucket` : metric)),
  );
}

const WANTED = { all: new Set(metricsToRead('all')), gauges: new Set(metricsToRead('gauges')) };

export function readPage(text: string, part: PagePart = 'all'): ServerPage {
  return keptSamples(parseExposition(text, (name) => WANTED[part].has(name)));
}

/** Temporal's own workflows go on whether there is load or not. */
export function keptSamples(samples: readonly Sample[]): ServerPage {
  return samples.filter(
    ({ labels }) => labels.namespace !== 'temporal_system' && labels.namespace !== 'temporal-system',
  );
}

/**
 * What the measures said between two looks at the same endpoints, in the same order. A counter that has fallen was
 * started anew, and counts from 0. A measure that no endpoint has is absent, not 0.
 *
 * @param gauges all looks in between, for the highest value of a gauge
 */
export function readingsBetween(
  before: readonly ServerPage[],
  after: readonly ServerPage[],
  gauges: readonly (readonly ServerPage[])[],
  seconds: number,
): ServerReading[] {
  return SERVER_MEASURES.flatMap((measure: ServerMeasure): ServerReading[] => {
    const name = measure.name as MeasureName;
    if (measure.kind === 'gauge')
      return [...highest(measure, gauges)].map(([of, value]) => ({ name, of, highest: value }));
    const grown = growth(measure, before, after);
    if (measure.kind === 'counter') {
      return [...grown].map(([of, buckets]) => {
        const count = Math.round(buckets.get(Infinity) ?? 0);
        return { name, of, count, perSecond: count / seconds };
      });
    }
    return [...grown].flatMap(([of, buckets]) => {
      const count = Math.round(buckets.get(Infinity) ?? 0);
      if (count === 0) return [];
      const at = (share: number) => quantile(buckets, share);
      return [{ name, of, count, perSecond: count / seconds, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) }];
    });
  });
}

/** How much a metric has grown, by its labels and, for a histogram, its buckets; a counter has the one bucket ∞. */
function growth(measure: ServerMeasure, before: readonly ServerPage[], after: readonly ServerPage[]) {
  const grown = new Map<string, Map<number, number>>();
  for (const [i, page] of after.entries()) {
    const known = new Map((before[i] ?? []).map((sample) => [identity(sample), sample.value]));
    for (const sample of samplesOf(measure, page)) {
      const was = known.get(identity(sample)) ?? 0;
      const more = sample.value >= was ? sample.value - was : sample.value;
      const of = labelsOf(measure, sample);
      const le =
        sample.labels.le === undefined ? Infinity : sample.labels.le === '+Inf' ? Infinity : Number(sample.labels.le);
      let buckets = grown.get(of);
      if (!buckets) grown.set(of, (buckets = new Map()));
      buckets.set(le, (buckets.get(le) ?? 0) + more);
    }
  }
  return grown;
}

function highest(measure: ServerMeasure, looks: readonly (readonly ServerPage[])[]): Map<string, number> {
  const most = new Map<string, number>();
  for (const pages of looks) {
    // Replicas' values of one look belong together; of several looks the highest counts.
    const sums = new Map<string, number>();
    for (const sample of pages.flatMap((page) => samplesOf(measure, page))) {
      const of = labelsOf(measure, sample);
      sums.set(of, (sums.get(of) ?? 0) + sample.value);
    }
    for (const [of, value] of sums) most.set(of, Math.max(most.get(of) ?? value, value));
  }
  return most;
}

function samplesOf({ kind, metrics, where = {} }: ServerMeasure, page: ServerPage): ServerPage {
  for (const metric of metrics) {
    const name = kind === 'latency' ? `${metric}_bucket` : metric;
    const found = page.filter(
      (sample) =>
        sample.name === name && Object.entries(where).every(([label, value]) => sample.labels[label] === value),
    );
    if (found.length > 0) return found;
  }
  return [];
}

function labelsOf({ by = [] }: ServerMeasure, { labels }: Sample): string {
  return by.map((label) => labels[label] ?? 'unknown').join('/');
}

function identity({ name, labels }: Sample): string {
  return `${name} ${Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .join(' ')}`;
}

/**
 * A quantile of a cumulative histogram, by linear interpolation within its bucket as PromQL has it; above the last
 * finite bucket, that bucket's end. Milliseconds.
 */
export function quantile(buckets: ReadonlyMap<number, number>, share: number): number {
  const ascending = [...buckets].sort(([a], [b]) => a - b);
  const total = ascending.at(-1)?.[1] ?? 0;
  if (total === 0) return 0;
  // A server configured to time in seconds has buckets from 0.001, one that times in milliseconds from 1.
  const unit = (ascending[0]?.[0] ?? 1) < 0.5 ? 1000 : 1;
  const rank = share * total;
  let [lower, below] = [0, 0];
  for (const [le, upTo] of ascending) {
    if (upTo >= rank && upTo > below) {
      if (le === Infinity) return lower * unit;
      return (lower + ((le - lower) * (rank - below)) / (upTo - below)) * unit;
    }
    [lower, below] = [le === Infinity ? lower : le, Math.max(below, upTo)];
  }
  return lower * unit;
}
