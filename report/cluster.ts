import { percent, seconds } from '../measurement/format/numbers';
import { dsqlLines } from './dsql';
import { observerEffect, type ObserverEffect } from '../measurement/server/observer-effect';
import { Readings } from '../measurement/server/readings';
import type { MeasureName } from '../measurement/server/server-measures';
import type { ServerReading } from '../measurement/server/server-metrics';
import type { QueueDepth, TargetObservation } from '../measurement/server/target';
import type { BenchmarkResult, StepResult } from './result-schema';
import type { ReportedStep } from './steps';

/** The maximum number of readings per measure in the result. */
const MAX_READINGS_PER_MEASURE = 8;

/** The width of the first column of the summary's lines, in characters. */
const LABEL_WIDTH = 30;

/** Returns what the cluster did during the last headline hold; null if there is none, or the target was not observed. */
export function clusterOf(holds: readonly ReportedStep[]): BenchmarkResult['cluster'] {
  const step = [...holds].reverse().find(({ measurement }) => measurement.target !== undefined);
  if (!step) return null;
  const { endpoints, readings, unknown } = step.measurement.target!.server;
  const effect = observerEffect(readings);
  return {
    step: step.step.name,
    endpoints,
    readings: notable(readings.filter(({ name }) => name !== 'frontend calls')).map(rounded),
    ...(effect === undefined ? {} : { observerEffect: effect }),
    unknown: [...unknown],
  };
}

/** Gauges whose readings belong to those of another gauge with the same labels. */
const BELONGS_TO: Partial<Record<MeasureName, MeasureName>> = {
  'database connection limit': 'database connections in use',
  'DSQL reservoir target': 'DSQL reservoir size',
};

/**
 * Returns the readings without those of measures that have many: the most frequent ones are kept, and of gauges those with
 * the lowest and those with the highest values.
 */
function notable(readings: readonly ServerReading[]): ServerReading[] {
  const keep = new Map<MeasureName, Set<string>>();
  for (const name of new Set(readings.map((reading) => reading.name))) {
    const all = readings.filter((reading) => reading.name === name);
    const ascending = [...all].sort((a, b) => (a.count ?? a.lowest ?? 0) - (b.count ?? b.lowest ?? 0));
    const isGauge = all[0]!.highest !== undefined;
    const top = ascending.slice(-MAX_READINGS_PER_MEASURE / (isGauge ? 2 : 1));
    const low = isGauge ? ascending.slice(0, MAX_READINGS_PER_MEASURE / 2) : [];
    keep.set(name, new Set([...low, ...top].map(({ labels }) => labels)));
  }
  return readings.filter(({ name, labels }) => keep.get(BELONGS_TO[name] ?? name)?.has(labels) ?? true);
}

export function queuesOf(target: TargetObservation | undefined): Pick<StepResult, 'queues'> {
  if (!target) return {};
  const { workflow, activity } = target.queues;
  return { queues: { workflow: depth(workflow), activity: depth(activity) } };
}

function depth(found: QueueDepth | null): QueueDepth | null {
  return found && mapNumbers(found);
}

function rounded(reading: ServerReading): ServerReading {
  return mapNumbers(reading);
}

function mapNumbers<T extends object>(record: T): T {
  const round = (value: unknown) => (typeof value === 'number' ? Math.round(value * 1000) / 1000 : value);
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, round(value)])) as T;
}

/** Returns the lines of the summary about the cluster. A measure without readings has no line. */
export function renderCluster({ cluster, steps }: BenchmarkResult): string[] {
  const queues = steps.find(({ name, counted }) => counted && name === cluster?.step)?.queues;
  const lines = [...queueLines(queues), ...(cluster ? serverLines(cluster) : [])];
  return lines.length === 0 ? [] : ['', 'Cluster during the hold (reported by the server)', ...lines];
}

function queueLines(queues: StepResult['queues']): string[] {
  return (['workflow', 'activity'] as const).flatMap((type) => {
    const found = queues?.[type];
    if (!found || found.addedPerSecond + found.highestBacklog === 0) return [];
    return [
      `  ${`${type} task queue`.padEnd(LABEL_WIDTH)} backlog ${found.meanBacklog.toFixed(1)} on average, ${found.highestBacklog} at most, oldest task ${seconds(found.highestAgeMs)}; ${found.addedPerSecond.toFixed(1)}/s added, ${found.dispatchedPerSecond.toFixed(1)}/s dispatched`,
    ];
  });
}

/** Returns the sentence about the calls that observe the load, e.g. `1.1 %: 24 calls beside 2,250 of the load; …`. */
export function observerEffectText({ loadCalls, otherCalls, byOperation }: ObserverEffect): string {
  const named = Object.entries(byOperation)
    .slice(0, 3)
    .map(([operation, count]) => `${count} × ${operation}`);
  const detail = named.length === 0 ? '' : ` (${named.join(', ')})`;
  return `${percent(otherCalls / loadCalls)}: ${otherCalls} calls beside the ${loadCalls} of the load${detail}`;
}

function serverLines(cluster: NonNullable<BenchmarkResult['cluster']>): string[] {
  const { readings, unknown, endpoints, observerEffect: effect } = cluster;
  const found = new Readings(readings);
  const named = (name: MeasureName) => found.named(name);
  const latency = (name: MeasureName) =>
    [...named(name)]
      .sort((a, b) => (b.count ?? 0) - (a.count ?? 0))
      .slice(0, 3)
      .map(
        ({ labels, p50Ms = 0, p95Ms = 0, perSecond = 0 }) =>
          `  ${(labels || name).padEnd(LABEL_WIDTH)} p50 ${p50Ms.toFixed(1)} ms, p95 ${p95Ms.toFixed(1)}; ${perSecond.toFixed(0)}/s`,
      );
  const polls = found.sum('successful polls');
  const used = named('database connections in use').filter(({ highest = 0 }) => highest > 0);
  const pools = used.map(({ labels, highest = 0 }) => {
    const limit = named('database connection limit').find((one) => one.labels === labels)?.highest;
    return `  ${`connections of ${labels}`.padEnd(LABEL_WIDTH)} at most ${highest} of ${limit ?? 'an unknown number'} in use`;
  });
  return [
    ...latency('persistence latency'),
    ...latency('shard lock latency'),
    ...latency('visibility latency'),
    ...(polls > 0
      ? [
          `  ${'sync match rate'.padEnd(LABEL_WIDTH)} ${percent(found.sum('sync-matched polls') / polls)} of ${polls} tasks`,
        ]
      : []),
    ...(effect ? [`  ${'observer effect'.padEnd(LABEL_WIDTH)} ${observerEffectText(effect)}`] : []),
    ...pools,
    ...dsqlLines(found).map(([label, text]) => `  ${label.padEnd(LABEL_WIDTH)} ${text}`),
    ...named('requests rejected').map(
      ({ labels, count = 0 }) => `  ${'requests rejected'.padEnd(LABEL_WIDTH)} ${count} × ${labels}`,
    ),
    ...named('persistence requests rejected').map(
      ({ labels, count = 0 }) => `  ${'persistence rejected'.padEnd(LABEL_WIDTH)} ${count} × ${labels}`,
    ),
    ...(endpoints === 0 ? [] : unknown.map((reason) => `  unknown: ${reason}`)),
  ].filter((line) => !/ 0 × /.test(line));
}
