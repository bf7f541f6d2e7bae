import { parseExposition, type Sample } from './exposition';
import { DATABASE_FAMILY, SERVER_MEASURES, type MeasureName, type ServerMeasure } from './server-measures';

/** The value of one measure over one period, all endpoints together. */
export interface ServerReading {
  readonly name: MeasureName;
  /** The label values by which the measure is grouped, e.g. `UpdateWorkflowExecution`; empty if it is not grouped. */
  readonly labels: string;
  /** How much a counter grew, or how many calls a latency has. */
  readonly count?: number;
  readonly perSecond?: number;
  readonly p50Ms?: number;
  readonly p95Ms?: number;
  readonly p99Ms?: number;
  /** The highest value of a gauge. */
  readonly highest?: number;
}

/** The samples of one endpoint that belong to a measure. */
export type ServerPage = readonly Sample[];

/** `all` at both ends of a hold; `gauges` in between, because counters only need to be read at the ends. */
export type PagePart = 'all' | 'gauges';

/** Returns the names of the samples that belong to a measure. */
export function metricsToRead(part: PagePart): string[] {
  const wanted = SERVER_MEASURES.filter(({ kind }) => part === 'all' || kind === 'gauge');
  const names = wanted.flatMap(({ kind, metrics }: ServerMeasure) =>
    metrics.map((metric) => (kind === 'latency' ? `${metric}_bucket` : metric)),
  );
  return [...new Set(names)];
}

const WANTED = { all: new Set(metricsToRead('all')), gauges: new Set(metricsToRead('gauges')) };
const { prefix } = DATABASE_FAMILY;

/** Reads a page of metrics and keeps the samples that belong to a measure. */
export function readPage(text: string, part: PagePart = 'all'): ServerPage {
  const isDatabaseMetric = (name: string) =>
    name.startsWith(prefix) && (part === 'all' || familyKind(name) === 'gauge');
  return keptSamples(parseExposition(text, (name) => WANTED[part].has(name) || isDatabaseMetric(name)));
}

/** Returns the kind of a database metric, by the suffixes that Prometheus prescribes. */
function familyKind(name: string): ServerMeasure['kind'] | 'rest' {
  if (/_bucket$/.test(name)) return 'latency';
  if (/_total$/.test(name)) return 'counter';
  return /_(sum|count|created)$/.test(name) ? 'rest' : 'gauge';
}

/** Drops the samples of Temporal's internal namespace, whose workflows run whether there is load or not. */
export function keptSamples(samples: readonly Sample[]): ServerPage {
  return samples.filter(
    ({ labels }) => labels.namespace !== 'temporal_system' && labels.namespace !== 'temporal-system',
  );
}

/**
 * Returns the readings of all measures between two reads of the same endpoints, in the same order. A counter that has
 * decreased was reset by a restart and counts from 0. A measure that no endpoint serves is absent, not 0.
 *
 * @param gauges the pages of all reads in between, for the highest value of a gauge
 */
export function readingsBetween(
  before: readonly ServerPage[],
  after: readonly ServerPage[],
  gauges: readonly (readonly ServerPage[])[],
  seconds: number,
): ServerReading[] {
  return [...SERVER_MEASURES, ...familyMeasures(after)].flatMap((measure: ServerMeasure): ServerReading[] => {
    const name = measure.name as MeasureName;
    if (measure.kind === 'gauge')
      return [...highest(measure, gauges)].map(([labels, value]) => ({ name, labels, highest: value }));
    const growths = growth(measure, before, after);
    if (measure.kind === 'counter') {
      return [...growths].map(([labels, buckets]) => {
        const count = Math.round(buckets.get(Infinity) ?? 0);
        return { name, labels, count, perSecond: count / seconds };
      });
    }
    return [...growths].flatMap(([labels, buckets]) => {
      const count = Math.round(buckets.get(Infinity) ?? 0);
      if (count === 0) return [];
      const at = (share: number) => quantile(buckets, share);
      return [{ name, labels, count, perSecond: count / seconds, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) }];
    });
  });
}

/** Returns a measure for each metric of the database plugin that no other measure reads. */
function familyMeasures(pages: readonly ServerPage[]): ServerMeasure[] {
  const known = new Set(metricsToRead('all'));
  const names = new Set(pages.flatMap((page) => page.map(({ name }) => name)));
  const unread = [...names].filter((name) => name.startsWith(prefix) && !known.has(name));
  return unread.sort().flatMap((name) => {
    const kind = familyKind(name);
    return kind === 'rest' ? [] : [{ name: DATABASE_FAMILY.name, kind, metrics: [name.replace(/_bucket$/, '')] }];
  });
}

/** Returns how much a metric grew, by label values and, for a histogram, by bucket; a counter has one bucket, ∞. */
function growth(measure: ServerMeasure, before: readonly ServerPage[], after: readonly ServerPage[]) {
  const growths = new Map<string, Map<number, number>>();
  const labelsOf = labeller(measure, after);
  for (const [i, page] of after.entries()) {
    const known = new Map(samplesOf(measure, before[i] ?? []).map((sample) => [identity(sample), sample.value]));
    for (const sample of samplesOf(measure, page)) {
      const previous = known.get(identity(sample)) ?? 0;
      const increase = sample.value >= previous ? sample.value - previous : sample.value;
      const labels = labelsOf(sample, i);
      const le =
        sample.labels.le === undefined ? Infinity : sample.labels.le === '+Inf' ? Infinity : Number(sample.labels.le);
      let buckets = growths.get(labels);
      if (!buckets) growths.set(labels, (buckets = new Map()));
      buckets.set(le, (buckets.get(le) ?? 0) + increase);
    }
  }
  return growths;
}

function highest(measure: ServerMeasure, reads: readonly (readonly ServerPage[])[]): Map<string, number> {
  const maxima = new Map<string, number>();
  for (const pages of reads) {
    // Values of the same read add up over replicas; over several reads the highest sum counts.
    const sums = new Map<string, number>();
    const labelsOf = labeller(measure, pages);
    for (const [i, page] of pages.entries()) {
      for (const sample of samplesOf(measure, page)) {
        const labels = labelsOf(sample, i);
        sums.set(labels, (sums.get(labels) ?? 0) + sample.value);
      }
    }
    for (const [labels, value] of sums) maxima.set(labels, Math.max(maxima.get(labels) ?? value, value));
  }
  return maxima;
}

const byName = new WeakMap<ServerPage, Map<string, Sample[]>>();

/** Returns the samples with a name. Each page is grouped by name once, because many measures read it. */
function samplesNamed(page: ServerPage, name: string): readonly Sample[] {
  let groups = byName.get(page);
  if (!groups) {
    byName.set(page, (groups = new Map()));
    for (const sample of page) {
      const group = groups.get(sample.name);
      if (group) group.push(sample);
      else groups.set(sample.name, [sample]);
    }
  }
  return groups.get(name) ?? [];
}

function samplesOf({ kind, metrics, where = {} }: ServerMeasure, page: ServerPage): ServerPage {
  for (const metric of metrics) {
    const name = kind === 'latency' ? `${metric}_bucket` : metric;
    const found = samplesNamed(page, name).filter((sample) =>
      Object.entries(where).every(([label, value]) => sample.labels[label] === value),
    );
    if (found.length > 0) return found;
  }
  return [];
}

/**
 * Returns a function that gives the `labels` of a sample. Replicas are numbered per service, in the order of the pages.
 * A Prometheus server has all replicas on one page; there they are numbered in the order of their `instance` label.
 */
function labeller(measure: ServerMeasure, pages: readonly ServerPage[]) {
  const { name, by = [], perReplica, metrics } = measure;
  if (name === DATABASE_FAMILY.name) return () => metrics[0].slice(prefix.length);
  const values = ({ labels }: Sample) => by.map((label) => labels[label] ?? 'unknown');
  if (!perReplica) return (sample: Sample) => values(sample).join('/');
  const replica = ({ labels: { instance = '' } }: Sample, page: number) => `${String(page).padStart(6)} ${instance}`;
  const known = new Map<string, string[]>();
  for (const [i, page] of pages.entries()) {
    // A replica without a matching sample is numbered too.
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
 * Returns a quantile of a cumulative histogram in milliseconds. It interpolates linearly within a bucket, as PromQL does.
 * Above the last finite bucket it returns the end of that bucket.
 */
export function quantile(buckets: ReadonlyMap<number, number>, share: number): number {
  const ascending = [...buckets].sort(([a], [b]) => a - b);
  const total = ascending.at(-1)?.[1] ?? 0;
  if (total === 0) return 0;
  // The first bucket is 0.001 if the server records seconds, and 1 if it records milliseconds.
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
