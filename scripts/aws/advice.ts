import { badConfiguration } from '../../cli/errors';
import { readResult } from '../../cli/read-result';
import { executorOf } from '../../spec/executor';
import type { BenchmarkSpec } from '../../spec/parse';
import { generatorsFor, hostsFor } from '../../measurement/judging/sizing';

export const MEASURED_OPTION = {
  type: 'string',
  requiresArg: true,
  describe:
    'result.json of a run with the same workload and instance type, to derive the number of lanes or hosts for the rate',
} as const;

/** Rate per host above which the script recommends a measurement. What a host executes depends on the workload. */
const UNMEASURED_RATE_PER_HOST = 100;

/** What a rate needs: lanes if the generators execute the workflows, otherwise hosts. */
export type Needed = { readonly lanes: number } | { readonly hosts: number };

/**
 * Returns what a rate needs, from the cost of a workflow in an earlier result.
 *
 * @throws CliError if the result is of another workload or executor, or completed nothing
 */
export function measuredNeed(
  rate: number,
  file: string,
  spec?: Readonly<{ workload: string; mix?: string; executor: string }>,
): Needed {
  // A result of an earlier version names no executor: hosts ran its workflows.
  const { config, sizing, generatorSizing, executor = 'sdk' } = readResult('--measured', file);
  if (spec !== undefined && executor !== spec.executor)
    throw badConfiguration(`--measured is a result of the executor ${executor}; give one of ${spec.executor}`);
  const isLean = executor === 'lean';
  if (isLean ? !generatorSizing : !sizing)
    throw badConfiguration('--measured: no workflow completed in that run; give another result');
  const of = config.mix ?? config.workload;
  const wanted = spec === undefined ? of : (spec.mix ?? spec.workload);
  if (of !== wanted) throw badConfiguration(`--measured is a result of the workload ${of}; give one of ${wanted}`);
  if (isLean) return { lanes: generatorsFor(rate, generatorSizing!.threadMsPerWorkflow) };
  const { hostCpuMsPerWorkflow: cpuMsPerWorkflow, hostThreadMsPerWorkflow: threadMsPerWorkflow } = sizing!;
  return { hosts: hostsFor(rate, { cpuMsPerWorkflow, threadMsPerWorkflow }).hosts };
}

/** Returns a note for a run whose hosts may not hold its rate; undefined if they probably do. */
export function sizingNote(
  rate: number,
  spec: Pick<BenchmarkSpec, 'hosts' | 'executor' | 'workload' | 'generatorOnly'>,
): string | undefined {
  const { hosts } = spec;
  if (executorOf(spec) !== 'sdk' || rate / hosts <= UNMEASURED_RATE_PER_HOST) return undefined;
  return `${rate}/s with ${hosts} hosts is untested: if the run is INVALID because hosts are busy, raise --hosts, or give the result.json of a slower run to --measured`;
}
