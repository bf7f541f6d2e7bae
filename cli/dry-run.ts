import { counted } from '../measurement/format/numbers';
import { generatorsFor, hostsFor } from '../measurement/judging/sizing';
import { planOf } from '../orchestrator/plan';
import type { BenchmarkResult } from '../report/result-schema';
import { formatDuration } from '../spec/duration';
import type { CapacitySpec } from '../spec/capacity';
import { executorOf } from '../spec/executor';
import type { BenchmarkSpec } from '../spec/parse';
import type { Connections } from './connection-options';
import { badConfiguration } from './errors';

/**
 * Describes what a run would do.
 *
 * @param measured a result of the same workload, from which the number of lanes or hosts is calculated
 */
export function dryRun(spec: BenchmarkSpec, { target, control }: Connections, measured?: BenchmarkResult): string {
  const plan = planOf(spec);
  const lanes = plan.lanes === 1 ? '1 lane' : `${plan.lanes} lanes (one generator each)`;
  const observed =
    plan.observeShare === 1 ? 'every completion' : `${(plan.observeShare * 100).toFixed(1)} % of the completions`;
  return [
    ...placesOf(spec, { target, control }),
    `arrivals    ${plan.arrivals} (${spec.arrivals}) in ${formatDuration(plan.durationMs)}`,
    `peak rate   ${plan.peakRate}/s in ${lanes}`,
    `executor    ${executorLine(spec, plan.peakRate, measured)}`,
    `connections ${spec.connections} from each generator to the target`,
    `observed    ${observed}`,
    ...plan.steps.map((step) => {
      const rates = step.fromRate === step.toRate ? `${step.toRate}/s` : `${step.fromRate} → ${step.toRate}/s`;
      return `step ${step.name.padEnd(6)} ${step.kind} ${rates} for ${formatDuration(step.durationMs)}`;
    }),
    '',
  ].join('\n');
}

function placesOf(spec: BenchmarkSpec, { target, control }: Pick<Connections, 'target' | 'control'>): string[] {
  return [
    `target      ${target?.address ?? (control ? 'the one that is set on benchmark worker' : 'an embedded server, in memory')}`,
    `control     ${control?.address ?? 'an embedded server, with a database file'}`,
    `namespace   ${spec.namespace ?? 'benchmark-<run>, registered by the run'}`,
    `workload    ${spec.mix ?? spec.workload}`,
  ];
}

/** Describes what a capacity search would do. The trials after the first depend on the cluster. */
export function describeSearch(
  { spec, slos, precision, fromRate, maxRate, maxDurationMs }: CapacitySpec,
  connections: Connections,
  measured?: BenchmarkResult,
): string {
  const probes: number[] = [];
  for (let rate = fromRate; rate < maxRate; rate *= 2) probes.push(rate);
  const lanes = spec.lanes === 1 ? '1 lane' : `${spec.lanes} lanes (one generator each)`;
  return [
    ...placesOf(spec, connections),
    `limits      ${slos.map(({ name }) => name).join(', ')}; error rate at most ${spec.maxErrorRate * 100} %`,
    `probes      ${[...probes, maxRate].join(', ')}/s in ${lanes}, until a rate does not hold`,
    `then        narrows the bracket to ${precision * 100} % and repeats the rates that decide`,
    `executor    ${executorLine(spec, maxRate, measured)}`,
    `duration    at most ${formatDuration(maxDurationMs)}; most searches take 5 to 10 minutes`,
    '',
  ].join('\n');
}

function executorLine(spec: BenchmarkSpec, peakRate: number, measured: BenchmarkResult | undefined): string {
  const executor = executorOf(spec);
  if (executor === 'external') return 'none: your own workers execute the workflows';
  if (executor === 'lean')
    return `lean: the generators execute the workflows; ${lanesNeeded(spec, peakRate, measured)}`;
  return `sdk: ${counted(spec.hosts, 'host')} with ${spec.hostSlots} slots each; ${hostsNeeded(spec, peakRate, measured)}`;
}

function lanesNeeded(spec: BenchmarkSpec, peakRate: number, measured: BenchmarkResult | undefined): string {
  if (measured === undefined) return 'set --measured to calculate how many lanes the run needs';
  requireSameWorkload(spec, measured);
  const { generatorSizing: sizing, executor, runId } = measured;
  if (!sizing || executor !== 'lean')
    throw badConfiguration('--measured: expected a result of --executor lean with completed workflows');
  const lanes = generatorsFor(peakRate, sizing.threadMsPerWorkflow);
  return `the run needs ${counted(lanes, 'lane')} (${sizing.threadMsPerWorkflow.toFixed(1)} ms per workflow in ${runId})`;
}

function requireSameWorkload(spec: BenchmarkSpec, { config }: BenchmarkResult): void {
  for (const field of ['workload', 'mix'] as const) {
    if (config[field] === spec[field]) continue;
    throw badConfiguration(
      `--measured: the result has ${field} ${describe(config[field])}; expected a result with ${field} ${describe(spec[field])}`,
    );
  }
}

function hostsNeeded(spec: BenchmarkSpec, peakRate: number, measured: BenchmarkResult | undefined): string {
  if (measured === undefined) return 'set --measured to calculate how many the run needs';
  requireSameWorkload(spec, measured);
  const { sizing } = measured;
  if (sizing === null)
    throw badConfiguration(
      '--measured: the result has no sizing; expected a result of --executor sdk with completed workflows',
    );
  const cost = { cpuMsPerWorkflow: sizing.hostCpuMsPerWorkflow, threadMsPerWorkflow: sizing.hostThreadMsPerWorkflow };
  const { hosts, cores } = hostsFor(peakRate, cost);
  const perWorkflow = `${cost.cpuMsPerWorkflow.toFixed(1)} ms of CPU per workflow`;
  return `the run needs ${counted(hosts, 'host')} with ${cores.toFixed(1)} cores in total (${perWorkflow} in ${measured.runId})`;
}

function describe(value: unknown): string {
  return JSON.stringify(value) ?? 'none';
}
