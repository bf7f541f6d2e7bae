import { badConfiguration } from '../../cli/errors';
import { readResult } from '../../cli/read-result';
import { hostsFor } from '../../measurement/judging/sizing';

export const MEASURED_OPTION = {
  type: 'string',
  requiresArg: true,
  describe: 'result.json of a run with the same workload and instance type, to derive the number of hosts for the rate',
} as const;

/** Rate per host above which the script recommends a measurement. What a host executes depends on the workload. */
const UNMEASURED_RATE_PER_HOST = 100;

/**
 * Returns the hosts that a rate needs, from the CPU time per workflow in an earlier result.
 *
 * @throws CliError if the result is of another workload, or its hosts completed nothing
 */
export function measuredHosts(
  rate: number,
  file: string,
  spec?: Readonly<{ workload: string; mix?: string }>,
): { readonly hosts: number; readonly cores: number } {
  const { config, sizing } = readResult('--measured', file);
  if (sizing === null)
    throw badConfiguration('--measured: no host of that run completed a workflow; give another result');
  const of = config.mix ?? config.workload;
  const wanted = spec === undefined ? of : (spec.mix ?? spec.workload);
  if (of !== wanted) throw badConfiguration(`--measured is a result of the workload ${of}; give one of ${wanted}`);
  return hostsFor(rate, {
    cpuMsPerWorkflow: sizing.hostCpuMsPerWorkflow,
    threadMsPerWorkflow: sizing.hostThreadMsPerWorkflow,
  });
}

/** Returns a note for a run whose hosts may not hold its rate; undefined if they probably do. */
export function sizingNote(rate: number, hosts: number): string | undefined {
  if (rate / hosts <= UNMEASURED_RATE_PER_HOST) return undefined;
  return `${rate}/s with ${hosts} hosts is untested: if the run is INVALID because hosts are busy, raise --hosts, or give the result.json of a slower run to --measured`;
}
