import type { ServerReading } from '../measurement/server/server-metrics';
import type { QueueDepth, TargetObservation } from '../measurement/server/target';
import type { BenchmarkResult, StepResult } from './result-schema';
import type { ReportedStep } from './steps';

/** Operations of the database that are told apart, the most frequent ones. */
const MOST_OF_ONE = 8;

/**
 * What the cluster did in the hold that tells the results, by its own account. Null where no hold was told, or nobody
 * looked.
 */
export function clusterOf(told: readonly ReportedStep[]): BenchmarkResult['cluster'] {
  const step = [...told].reverse().find(({ measurement }) => measurement.target !== undefined);
  if (!step) return null;
  const { endpoints, readings, unknown } = step.measurement.target!.server;
  const kept = readings.filter((reading, _i, all) => {
    const alike = all.filter(({ name }) => name === reading.name);
    const busier = alike.filter(({ count = 0 }) => count > (reading.count ?? 0));
    return busier.length < MOST_OF_ONE;
  });
  return { step: step.step.name, endpoints, readings: kept.map(rounded), unknown: [...unknown] };
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

/** The lines of the summary that say what the cluster did; a measure that is not there has no line. */
export function renderCluster({ cluster, steps }: BenchmarkResult): string[] {
  const queues = steps.find(({ name, counted }) => counted && name === cluster?.step)?.queues;
  const lines = [...queueLines(queues), ...(cluster ? serverLines(cluster) : [])];
  return lines.length === 0 ? [] : ['', 'The cluster meanwhile, by its own account', ...lines];
}

function queueLines(queues: StepResult['queues']): string[] {
  return (['workflow', 'activity'] as const).flatMap((type) => {
    const found = queues?.[type];
    if (!found || found.addedPerSecond + found.highestBacklog === 0) return [];
    return [
      `  ${`${type} task queue`.padEnd(26)} backlog ${found.meanBacklog.toFixed(1)} on average, ${found.highestBacklog} at most, ${(found.highestAgeMs / 1000).toFixed(1)} s old; ${found.addedPerSecond.toFixed(1)}/s added, ${found.dispatchedPerSecond.toFixed(1)}/s handed out`,
    ];
  });
}

function serverLines({ readings, unknown, endpoints }: NonNullable<BenchmarkResult['cluster']>): string[] {
  const named = (name: string) => readings.filter((reading) => reading.name === name);
  const sum = (name: string) => named(name).reduce((all, { count = 0 }) => all + count, 0);
  const latency = (name: string) =>
    [...named(name)]
      .sort((a, b) => (b.count ?? 0) - (a.count ?? 0))
      .slice(0, 3)
      .map(
        ({ labels, p50Ms = 0, p95Ms = 0, perSecond = 0 }) =>
          `  ${(labels || name).padEnd(26)} p50 ${p50Ms.toFixed(1)} ms, p95 ${p95Ms.toFixed(1)}; ${perSecond.toFixed(0)}/s`,
      );
  const answered = sum('polls answered');
  const used = named('database connections in use').filter(({ highest = 0 }) => highest > 0);
  const pools = used.map(({ labels, highest = 0 }) => {
    const allowed = named('database connections allowed').find((one) => one.labels === labels)?.highest;
    return `  ${`connections of ${labels}`.padEnd(26)} ${highest} in use at most, of ${allowed ?? 'an unknown number'}`;
  });
  return [
    ...latency('persistence latency'),
    ...latency('shard lock'),
    ...latency('visibility latency'),
    ...(answered > 0
      ? [
          `  ${'sync match'.padEnd(26)} ${((sum('polls answered at once') / answered) * 100).toFixed(1)} % of ${answered} tasks`,
        ]
      : []),
    ...pools,
    ...named('calls refused').map(({ labels, count = 0 }) => `  ${'calls refused'.padEnd(26)} ${count} × ${labels}`),
    ...named('persistence refused').map(
      ({ labels, count = 0 }) => `  ${'persistence refused'.padEnd(26)} ${count} × ${labels}`,
    ),
    ...(endpoints === 0 ? [] : unknown.map((what) => `  unknown: ${what}`)),
  ].filter((line) => !/ 0 × /.test(line));
}
