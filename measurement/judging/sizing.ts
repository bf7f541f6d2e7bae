import { LIMITS, type HostAudit } from './validity';

/** The cost of executing one workflow on the hosts: means over a hold. */
export interface HostCost {
  /** CPU time of all threads of the hosts per workflow, milliseconds. */
  readonly cpuMsPerWorkflow: number;
  /** Busy time of the main thread per workflow, milliseconds. The main thread is what saturates first. */
  readonly threadMsPerWorkflow: number;
}

/** Returns the cost of one workflow, or undefined if no workflow completed or no host reported its load. */
export function hostCost(
  hosts: readonly Pick<HostAudit, 'cpuCores' | 'eventLoopUtilization'>[],
  completedPerSecond: number,
): HostCost | undefined {
  const sum = (pick: (host: (typeof hosts)[number]) => number) => hosts.reduce((all, host) => all + pick(host), 0);
  const threadMs = (sum((host) => host.eventLoopUtilization) * 1000) / completedPerSecond;
  const cpuMs = (sum((host) => host.cpuCores) * 1000) / completedPerSecond;
  if (!(threadMs > 0) || !(cpuMs > 0) || !Number.isFinite(cpuMs)) return undefined;
  return { cpuMsPerWorkflow: cpuMs, threadMsPerWorkflow: threadMs };
}

/** Returns how many workflows per second one host executes before its main thread exceeds the validity limit (law 8). */
export function ratePerHost({ threadMsPerWorkflow }: Pick<HostCost, 'threadMsPerWorkflow'>): number {
  return (LIMITS.eventLoopUtilization * 1000) / threadMsPerWorkflow;
}

/**
 * Returns how long the main thread of a generator is busy per workflow, milliseconds; undefined if no workflow completed.
 *
 * @param busiest the event loop utilization of the busiest generator, 0–1
 */
export function generatorThreadMs(busiest: number, lanes: number, completedPerSecond: number): number | undefined {
  const threadMs = (busiest * 1000 * lanes) / completedPerSecond;
  return threadMs > 0 && Number.isFinite(threadMs) ? threadMs : undefined;
}

/** Returns how many generators a rate needs, none of which exceeds the validity limit of its main thread (law 8). */
export function generatorsFor(rate: number, threadMsPerWorkflow: number): number {
  return Math.max(1, Math.ceil(rate / ratePerHost({ threadMsPerWorkflow })));
}

/** Returns how many hosts a rate needs, and how many CPU cores they use together. */
export function hostsFor(rate: number, cost: HostCost): { readonly hosts: number; readonly cores: number } {
  return { hosts: Math.max(1, Math.ceil(rate / ratePerHost(cost))), cores: (rate * cost.cpuMsPerWorkflow) / 1000 };
}
