import { LIMITS, type HostAudit } from './validity';

/** What executing one workflow costs the hosts: means over a hold. */
export interface HostCost {
  /** CPU of all of a host's threads, milliseconds a workflow. */
  readonly cpuMsPerWorkflow: number;
  /** Of which its main thread was busy, which is the first to be full. Milliseconds a workflow. */
  readonly threadMsPerWorkflow: number;
}

/** @returns undefined where nothing was completed, or no host told of itself */
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

/** How many workflows a second one host executes before its main thread is as busy as law 8 allows. */
export function ratePerHost({ threadMsPerWorkflow }: Pick<HostCost, 'threadMsPerWorkflow'>): number {
  return (LIMITS.eventLoopUtilization * 1000) / threadMsPerWorkflow;
}

/** The hosts, and the CPU cores for them, that a rate needs. */
export function hostsFor(rate: number, cost: HostCost): { readonly hosts: number; readonly cores: number } {
  return { hosts: Math.max(1, Math.ceil(rate / ratePerHost(cost))), cores: (rate * cost.cpuMsPerWorkflow) / 1000 };
}
