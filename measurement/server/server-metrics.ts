import { parseExposition, type Sample } from './exposition';
import { SERVER_MEASURES, type MeasureName, type ServerMeasure } from './server-measures';
import { Replicas } from './replicas';
import { canonicalSamples, isToRead, type PagePart } from './wire-names';

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
  /** The lowest, mean and highest value of a gauge. */
  readonly lowest?: number;
  readonly mean?: number;
  readonly highest?: number;
}

/** The samples of one endpoint that belong to a measure, with the names of the measures and bounds in milliseconds. */
export type ServerPage = readonly Sample[];

/** Reads a page of metrics and keeps the samples that belong to a measure. */
export function readPage(text: string, part: PagePart = 'all'): ServerPage {
  return canonicalSamples(parseExposition(text, (name) => isToRead(name, part)));
}

/**
 * Returns the readings of all measures between two reads of the same endpoints, in the same order. A counter that has
 * decreased was reset by a restart and counts from 0. A measure that no endpoint serves is absent, not 0.
 *
 * @param gauges the pages of all reads in between, for the values of gauges
 * @param measures the measures to return
 */
export function readingsBetween(
  before: readonly ServerPage[],
  after: readonly ServerPage[],
  gauges: readonly (readonly ServerPage[])[],
  seconds: number,
  measures: readonly ServerMeasure[] = SERVER_MEASURES,
): ServerReading[] {
  const replicas = new Replicas([after, ...gauges]);
  return measures.flatMap((measure): ServerReading[] => {
    const name = measure.name as MeasureName;
    if (measure.kind === 'gauge')
      return [...gaugeValues(measure, gauges, replicas)].map(([labels, values]) => {
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        return { name, labels, lowest: Math.min(...values), mean, highest: Math.max(...values) };
      });
    const growths = growth(measure, before, after, replicas);
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

/** Returns how much a metric grew, by label values and, for a histogram, by bucket; a counter has one bucket, ∞. */
function growth(
  measure: ServerMeasure,
  before: readonly ServerPage[],
  after: readonly ServerPage[],
  replicas: Replicas,
) {
  const growths = new Map<string, Map<number, number>>();
  for (const [i, page] of after.entries()) {
    const known = new Map(samplesOf(measure, before[i] ?? []).map((sample) => [identity(sample), sample.value]));
    for (const sample of samplesOf(measure, page)) {
      const previous = known.get(identity(sample)) ?? 0;
      const increase = sample.value >= previous ? sample.value - previous : sample.value;
      const labels = labelsOf(measure, sample, i, replicas);
      const le =
        sample.labels.le === undefined ? Infinity : sample.labels.le === '+Inf' ? Infinity : Number(sample.labels.le);
      let buckets = growths.get(labels);
      if (!buckets) growths.set(labels, (buckets = new Map()));
      buckets.set(le, (buckets.get(le) ?? 0) + increase);
    }
  }
  return growths;
}

/** Returns the values of a gauge over all reads, by label values. Samples of one read with the same labels add up. */
function gaugeValues(
  measure: ServerMeasure,
  reads: readonly (readonly ServerPage[])[],
  replicas: Replicas,
): Map<string, number[]> {
  const values = new Map<string, number[]>();
  for (const pages of reads) {
    const sums = new Map<string, number>();
    for (const [i, page] of pages.entries()) {
      for (const sample of samplesOf(measure, page)) {
        const labels = labelsOf(measure, sample, i, replicas);
        sums.set(labels, (sums.get(labels) ?? 0) + sample.value);
      }
    }
    for (const [labels, sum] of sums) values.set(labels, [...(values.get(labels) ?? []), sum]);
  }
  return values;
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

function samplesOf({ metrics, where = {} }: ServerMeasure, page: ServerPage): ServerPage {
  for (const metric of metrics) {
    const found = samplesNamed(page, metric).filter((sample) =>
      Object.entries(where).every(([label, value]) => sample.labels[label] === value),
    );
    if (found.length > 0) return found;
  }
  return [];
}

/** Returns the `labels` of a sample of a measure. */
function labelsOf({ by = [], perReplica }: ServerMeasure, sample: Sample, page: number, replicas: Replicas): string {
  // The label `db_kind` is only on the server's own metrics of connections.
  const values = by.flatMap((label) => sample.labels[label] ?? (label === 'db_kind' ? [] : ['unknown']));
  if (!perReplica) return values.join('/');
  const [service = '', ...others] = values;
  return [`${service} #${replicas.numberOf(sample, page)}`, ...others].join('/');
}

function identity({ name, labels }: Sample): string {
  return `${name} ${Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .join(' ')}`;
}

/**
 * Returns a quantile of a cumulative histogram, in the unit of its bounds. It interpolates linearly within a bucket, as PromQL does.
 * Above the last finite bucket it returns the end of that bucket.
 */
export function quantile(buckets: ReadonlyMap<number, number>, share: number): number {
  const ascending = [...buckets].sort(([a], [b]) => a - b);
  const total = ascending.at(-1)?.[1] ?? 0;
  if (total === 0) return 0;
  const rank = share * total;
  let [lower, below] = [0, 0];
  for (const [le, upTo] of ascending) {
    if (upTo >= rank && upTo > below) {
      if (le === Infinity) return lower;
      return lower + ((le - lower) * (rank - below)) / (upTo - below);
    }
    [lower, below] = [le === Infinity ? lower : le, Math.max(below, upTo)];
  }
  return lower;
}
