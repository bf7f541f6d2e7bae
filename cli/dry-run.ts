import { hostsFor } from '../measurement/judging/sizing';
import { planOf } from '../orchestrator/plan';
import type { BenchmarkResult } from '../report/result-schema';
import { formatDuration } from '../spec/duration';
import type { BenchmarkSpec } from '../spec/parse';
import type { Connections } from './connection-options';
import { badConfiguration } from './errors';

/**
 * What a run would do, without doing it.
 *
 * @param measured a result of the same workload, from which the hosts that are needed follow
 */
export function dryRun(spec: BenchmarkSpec, { target, control }: Connections, measured?: BenchmarkResult): string {
  const plan = planOf(spec);
  const observed = plan.observeShare === 1 ? 'every completion' : `${(plan.observeShare * 100).toFixed(1)} % of them`;
  return [
    `target      ${target?.address ?? 'an embedded server, in memory'}`,
    `control     ${control?.address ?? 'an embedded server, with a database file'}`,
    `namespace   ${spec.namespace ?? 'benchmark-<run>, registered by the run'}`,
    `workload    ${spec.mix ?? spec.workload}`,
    `arrivals    ${plan.arrivals} (${spec.arrivals}) in ${formatDuration(plan.durationMs)}`,
    `peak rate   ${plan.peakRate}/s over ${plan.lanes} generator(s)`,
    `hosts       ${spec.hosts} with ${spec.hostSlots} slots each; ${needed(spec, plan.peakRate, measured)}`,
    `connections ${spec.connections} to the target from each generator`,
    `observed    ${observed}`,
    ...plan.steps.map((step) => {
      const rates = step.fromRate === step.toRate ? `${step.toRate}/s` : `${step.fromRate} → ${step.toRate}/s`;
      return `step ${step.name.padEnd(6)} ${step.kind} ${rates} for ${formatDuration(step.durationMs)}`;
    }),
    '',
  ].join('\n');
}

function needed(spec: BenchmarkSpec, peakRate: number, measured: BenchmarkResult | undefined): string {
  if (measured === undefined) return 'give --measured result.json to learn how many are needed';
  const { config, sizing } = measured;
  for (const field of ['workload', 'mix'] as const) {
    if (config[field] === spec[field]) continue;
    throw badConfiguration(
      `measured: a result of ${field} ${JSON.stringify(config[field])} is not allowed; give one of ${field} ${JSON.stringify(spec[field])}`,
    );
  }
  if (sizing === null)
    throw badConfiguration('measured: the result has no sizing; give one whose hosts completed something');
  const cost = { cpuMsPerWorkflow: sizing.hostCpuMsPerWorkflow, threadMsPerWorkflow: sizing.hostThreadMsPerWorkflow };
  const { hosts, cores } = hostsFor(peakRate, cost);
  return `${hosts} needed, with ${cores.toFixed(1)} cores, by ${cost.cpuMsPerWorkflow.toFixed(1)} ms of CPU a workflow in ${measured.runId}`;
}
