import { generator, type Sample } from '../../measurement/comparing/bootstrap';
import type { MetricSamples } from '../../measurement/comparing/judge-metrics';
import type { BenchmarkResult, StepResult } from '../result-schema';

/** The holds of a side that are compared, and what was left out. */
export interface Side {
  readonly results: readonly BenchmarkResult[];
  /** Valid holds. For staircases, those of the rates that all results of both sides have. */
  readonly holds: readonly Hold[];
  readonly leftOut: readonly string[];
}

export interface Hold {
  readonly result: BenchmarkResult;
  readonly step: StepResult;
}

/** A figure of a comparison, with how to read it. */
export interface Metric extends MetricSamples {
  readonly unit: 'ms' | '/s' | 'share' | '';
  /** What one sample is. */
  readonly per: 'iteration' | 'run';
}

/** An error rate that differs by less does not matter: half of the default limit. */
const ERROR_RATE_TOLERANCE = 0.005;
const BLOCK_MS = 10_000;
const REDRAWS = 200;

/** The smallest changes that count. */
export interface Limits {
  /** A share such as 0.05. It does not apply to error rates. */
  readonly tolerance: number;
  /** Shares by metric, for error rates differences of shares: no smaller change counts, whatever the tolerance. */
  readonly floors: Readonly<Record<string, number>>;
}

/** Returns the metrics of two sides. One sample is an iteration, or a whole run of a staircase. */
export function metricsOf(base: Side, changed: Side, limits: Limits): Metric[] {
  const isStaircase = base.results[0]!.staircase !== undefined;
  const per = isStaircase ? 'run' : 'iteration';
  const units = isStaircase ? runUnits : iterationUnits;
  const of = (name: string, about: About, read: (hold: Hold) => Sample | undefined) =>
    metric(name, { ...about, per }, units(base, about, read), units(changed, about, read), limits);
  const ofRun = (name: string, about: About, read: (result: BenchmarkResult) => number | null | undefined) => {
    const samples = ({ results }: Side) =>
      results.flatMap((result) => ((read(result) ?? null) === null ? [] : [{ value: read(result)!, redrawn: [] }]));
    return metric(name, { ...about, per: 'run' }, samples(base), samples(changed), limits);
  };
  const decides = { decides: true } as const;
  return [
    of('p50 latency', { ...LATENCY, ...decides }, ({ step }) => plain(percentile(step.latency, 'p50'))),
    of('p99 latency', { ...LATENCY, ...decides }, ({ step }) => plain(percentile(step.latency, 'p99'))),
    ...(isStaircase
      ? [ofRun('highest passed rate', { ...RATE, ...decides }, ({ staircase }) => staircase!.highestPassedRate ?? 0)]
      : [of('throughput', { ...RATE, ...decides }, throughputOf)]),
    of('error rate', { ...SHARE, ...decides }, ({ step }) =>
      plain(step.thresholds?.find(({ name }) => name === 'error rate')?.actual),
    ),
    of('p95 latency', LATENCY, ({ step }) => plain(percentile(step.latency, 'p95'))),
    of('p99.9 latency', LATENCY, ({ step }) => plain(percentile(step.latency, 'p999'))),
    of('p99 start latency', LATENCY, ({ step }) => plain(percentile(step.startLatency, 'p99'))),
    ofRun('host CPU per workflow', { ...LATENCY }, ({ sizing }) => sizing?.hostCpuMsPerWorkflow),
    ofRun('events per workflow', COUNT, ({ workload }) => workload?.eventsPerWorkflow),
    ofRun('persistence requests per workflow', COUNT, persistenceRequests),
  ].flatMap((found) => (found ? [found] : []));
}

type About = Pick<Metric, 'scale' | 'betterWhen' | 'unit' | 'decides'>;
const LATENCY: About = { scale: 'ratio', betterWhen: 'lower', unit: 'ms', decides: false };
const RATE: About = { scale: 'ratio', betterWhen: 'higher', unit: '/s', decides: false };
const SHARE: About = { scale: 'difference', betterWhen: 'lower', unit: 'share', decides: false };
const COUNT: About = { scale: 'ratio', betterWhen: 'lower', unit: '', decides: false };

/** Returns undefined if a side has no value. Values of 0 have no ratio; then differences are compared. */
function metric(
  name: string,
  about: About & Pick<Metric, 'per'>,
  base: readonly Sample[],
  changed: readonly Sample[],
  limits: Limits,
): Metric | undefined {
  const floor = limits.floors[name] ?? 0;
  const tolerance = Math.max(limits.tolerance, floor);
  if (base.length === 0 || changed.length === 0) return undefined;
  if (about.unit === 'share')
    return { name, ...about, base, changed, tolerance: Math.max(ERROR_RATE_TOLERANCE, floor) };
  if ([...base, ...changed].every(({ value }) => value > 0)) return { name, ...about, base, changed, tolerance };
  const mean = base.reduce((sum, { value }) => sum + value, 0) / base.length;
  return { name, ...about, scale: 'difference', base, changed, tolerance: tolerance * Math.max(mean, Number.EPSILON) };
}

function iterationUnits({ holds }: Side, _about: About, read: (hold: Hold) => Sample | undefined): Sample[] {
  return holds.flatMap((hold) => read(hold) ?? []);
}

/** Returns one sample per staircase: the mean over its rates, geometric if ratios are compared. */
function runUnits({ holds, results }: Side, { scale }: About, read: (hold: Hold) => Sample | undefined): Sample[] {
  return results.flatMap((result) => {
    const own = holds.filter((hold) => hold.result === result);
    const values = own.flatMap((hold) => read(hold)?.value ?? []);
    if (values.length === 0 || values.length < own.length) return [];
    const geometric = scale === 'ratio' && values.every((value) => value > 0);
    const mean = (all: readonly number[]) => all.reduce((sum, value) => sum + value, 0) / all.length;
    return [{ value: geometric ? Math.exp(mean(values.map(Math.log))) : mean(values), redrawn: [] }];
  });
}

function plain(value: number | undefined): Sample | undefined {
  return value === undefined ? undefined : { value, redrawn: [] };
}

/** Returns undefined if there are too few samples for the percentile. */
function percentile(latency: StepResult['latency'], which: 'p50' | 'p95' | 'p99' | 'p999'): number | undefined {
  return latency.sufficient[which] ? latency[which] : undefined;
}

/** Returns the throughput of a hold, redrawn from its blocks of 10 s. */
function throughputOf({ result: { series, timeline }, step }: Hold): Sample {
  const value = step.rates.completed;
  const column = series.columns.indexOf('completed');
  const shiftMs = timeline.shifts.reduce((sum, { byMs }) => sum + byMs, 0);
  const blocks = new Map<number, number>();
  for (const point of series.points) {
    const offsetMs = point[0]! * series.widthMs - step.startMs;
    if (shiftMs > 0 || column < 0 || offsetMs < 0 || offsetMs + series.widthMs > step.durationMs) continue;
    const block = Math.floor(offsetMs / BLOCK_MS);
    blocks.set(block, (blocks.get(block) ?? 0) + point[column]!);
  }
  // The last block may be shorter than the others.
  if (step.durationMs % BLOCK_MS !== 0) blocks.delete(Math.floor(step.durationMs / BLOCK_MS));
  const counts = [...blocks.values()];
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (counts.length < 2 || total === 0) return { value, redrawn: [] };
  const random = generator(step.iteration);
  const redrawn = Array.from({ length: REDRAWS }, () => {
    const drawn = counts.reduce((sum) => sum + counts[Math.floor(random() * counts.length)]!, 0);
    return (value * Math.max(drawn, 1)) / total;
  });
  return { value, redrawn };
}

/** Returns the requests to the database per completed workflow in the observed hold. */
function persistenceRequests({ cluster, steps }: BenchmarkResult): number | undefined {
  const step = steps.find(({ name, counted }) => counted && name === cluster?.step);
  const readings = cluster?.readings.filter(({ name }) => name === 'persistence requests') ?? [];
  const perSecond = readings.reduce((sum, reading) => sum + (reading.perSecond ?? 0), 0);
  return step && step.rates.completed > 0 && perSecond > 0 ? perSecond / step.rates.completed : undefined;
}
