import { parseExposition, type Sample } from './exposition';
import { DATABASE_FAMILY, SERVER_MEASURES, type MeasureName, type ServerMeasure } from './server-measures';

/** What one measure said over one stretch of time, all endpoints together. */
export interface ServerReading {
  readonly name: MeasureName;
  /** The values of the labels by which it is told apart, e.g. `UpdateWorkflowExecution`; empty where it is not. */
  readonly labels: string;
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
  const names = wanted.flatMap(({ kind, metrics }: ServerMeasure) =>
    metrics.map((metric) => (kind === 'latency' ? `${metric}_bucket` : metric)),
  );
  return [...new Set(names)];
}

const WANTED = { all: new Set(metricsToRead('all')), gauges: new Set(metricsToRead('gauges')) };
const { prefix } = DATABASE_FAMILY;

export function readPage(text: string, part: PagePart = 'all'): ServerPage {
  const ofDatabase = (name: string) => name.startsWith(prefix) && (part === 'all' || familyKind(name) === 'gauge');
  return keptSamples(parseExposition(text, (name) => WANTED[part].has(name) || ofDatabase(name)));
}

/** What a metric of the database's family is, by the endings that Prometheus prescribes. */
function familyKind(name: string): ServerMeasure['kind'] | 'rest' {
  if (/_bucket$/.test(name)) return 'latency';
  if (/_total$/.test(name)) return 'counter';
  return /_(sum|count|created)$/.test(name) ? 'rest' : 'gauge';
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
  return [...SERVER_MEASURES, ...familyOf(after)].flatMap((measure: ServerMeasure): ServerReading[] => {
    const name = measure.name as MeasureName;
    if (measure.kind === 'gauge')
      return [...highest(measure, gauges)].map(([labels, value]) => ({ name, labels, highest: value }));
    const grown = growth(measure, before, after);
    if (measure.kind === 'counter') {
      return [...grown].map(([labels, buckets]) => {
        const count = Math.round(buckets.get(Infinity) ?? 0);
        return { name, labels, count, perSecond: count / seconds };
      });
    }
    return [...grown].flatMap(([labels, buckets]) => {
      const count = Math.round(buckets.get(Infinity) ?? 0);
      if (count === 0) return [];
      const at = (share: number) => quantile(buckets, share);
      return [{ name, labels, count, perSecond: count / seconds, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) }];
    });
  });
}

/** A measure for each metric of the database's plugin that has none of its own. */
function familyOf(pages: readonly ServerPage[]): ServerMeasure[] {
  const known = new Set(metricsToRead('all'));
  const names = new Set(pages.flatMap((page) => page.map(({ name }) => name)));
  const own = [...names].filter((name) => name.startsWith(prefix) && !known.has(name));
  return own.sort().flatMap((name) => {
    const kind = familyKind(name);
    return kind === 'rest' ? [] : [{ name: DATABASE_FAMILY.name, kind, metrics: [name.replace(/_bucket$/, '')] }];
  });
}

/** How much a metric has grown, by its labels and, for a histogram, its buckets; a counter has the one bucket ∞. */
function growth(measure: ServerMeasure, before: readonly ServerPage[], after: readonly ServerPage[]) {
  const grown = new Map<string, Map<number, number>>();
  const labelsOf = labeller(measure, after);
  for (const [i, page] of after.entries()) {
    const known = new Map(samplesOf(measure, before[i] ?? []).map((sample) => [identity(sample), sample.value]));
    for (const sample of samplesOf(measure, page)) {
      const was = known.get(identity(sample)) ?? 0;
      const more = sample.value >= was ? sample.value - was : sample.value;
      const labels = labelsOf(sample, i);
      const le =
        sample.labels.le === undefined ? Infinity : sample.labels.le === '+Inf' ? Infinity : Number(sample.labels.le);
      let buckets = grown.get(labels);
      if (!buckets) grown.set(labels, (buckets = new Map()));
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
    const labelsOf = labeller(measure, pages);
    for (const [i, page] of pages.entries()) {
      for (const sample of samplesOf(measure, page)) {
        const labels = labelsOf(sample, i);
        sums.set(labels, (sums.get(labels) ?? 0) + sample.value);
      }
    }
    for (const [labels, value] of sums) most.set(labels, Math.max(most.get(labels) ?? value, value));
  }
  return most;
}

const byName = new WeakMap<ServerPage, Map<string, Sample[]>>();

/** The samples of one name; a page is sorted once, however many measures look into it. */
function namedIn(page: ServerPage, name: string): readonly Sample[] {
  let sorted = byName.get(page);
  if (!sorted) {
    byName.set(page, (sorted = new Map()));
    for (const sample of page) {
      const alike = sorted.get(sample.name);
      if (alike) alike.push(sample);
      else sorted.set(sample.name, [sample]);
    }
  }
  return sorted.get(name) ?? [];
}

function samplesOf({ kind, metrics, where = {} }: ServerMeasure, page: ServerPage): ServerPage {
  for (const metric of metrics) {
    const name = kind === 'latency' ? `${metric}_bucket` : metric;
    const found = namedIn(page, name).filter((sample) =>
      Object.entries(where).every(([label, value]) => sample.labels[label] === value),
    );
    if (found.length > 0) return found;
  }
  return [];
}

/**
 * What a sample is told apart by. Replicas are numbered service by service, in the order of the pages; of a Prometheus,
 * which has all of them on one page, in the order of their `instance`.
 */
function labeller(measure: ServerMeasure, pages: readonly ServerPage[]) {
  const { name, by = [], perReplica, metrics } = measure;
  if (name === DATABASE_FAMILY.name) return () => metrics[0].slice(prefix.length);
  const values = ({ labels }: Sample) => by.map((label) => labels[label] ?? 'unknown');
  if (!perReplica) return (sample: Sample) => values(sample).join('/');
  const replica = ({ labels: { instance = '' } }: Sample, page: number) => `${String(page).padStart(6)} ${instance}`;
  const known = new Map<string, string[]>();
  for (const [i, page] of pages.entries()) {
    // A replica that has nothing of what is asked for is one of them all the same.
    for (const sample of samplesOf({ ...measure, where: {} }, page)) {
      const service = values(sample)[0]!;
      const seen = known.get(service) ?? [];
      if (!seen.includes(replica(sample, i))) known.set(service, [...seen, replica(sample, i)].sort());
    }
  }
  return (sample: Sample, page: number) => {
    const [service = '', ...others] = values(sample);
    const number = (known.get(service) ?? []).indexOf(replica(sample, page)) + 1;
    return [`${service} #${number}`, ...others].join('/');
  };
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
