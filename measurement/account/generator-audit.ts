/** The length of one window of a generator's audit, milliseconds. */
export const WINDOW_MS = 10_000;

/** The load of a generator in one window. */
export interface GeneratorWindow {
  /** From the start of the step, milliseconds. */
  readonly startMs: number;
  readonly eventLoopUtilization: number;
  readonly eventLoopDelayP99Ms: number;
  /** CPU used by all threads, in cores. */
  readonly cpuCores: number;
  /** Share of the window in which the cgroup was throttled; null if it cannot be read. */
  readonly cpuThrottledShare: number | null;
  /** Share of the machine's CPU that all processes used, 0–1; null if it cannot be read. */
  readonly machineBusyShare: number | null;
  readonly sent: number;
  readonly lagP95Ms: number;
}

/** A summary of the windows of one generator, or of several. */
export interface WindowsSummary {
  readonly count: number;
  /** Windows in which the generator fell behind its schedule. */
  readonly limited: number;
  /** Highest share of the machine's CPU that all processes used, 0–1; null if it cannot be read. */
  readonly machineBusyShare: number | null;
  /** CPU that the generator used in that window, in cores. */
  readonly ownCores: number;
  /** When and why the first limited window fell behind; absent if there is none. */
  readonly first?: string;
}

export const noWindows: WindowsSummary = { count: 0, limited: 0, machineBusyShare: null, ownCores: 0 };

/** The machine that a generator ran on. */
export interface MachineFacts {
  readonly cpus: number;
  /** The container's CPU limit in cores; null without a limit. */
  readonly cpuQuota: number | null;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number | null;
  /** e.g. `linux/arm64` */
  readonly platform: string;
  readonly node: string;
  readonly sdk: string;
  /** The Kubernetes node, the ECS container instance or the host name; 'unknown' in a pod or task that cannot find it. Absent in older runs. */
  readonly name?: string;
  /** The EC2 instance type and the ECS task; 'unknown' elsewhere. */
  readonly instanceType: string;
  readonly task: string;
}

/** The load of the generator itself. It decides whether its measurement is valid (law 8). */
export interface GeneratorAudit {
  readonly identity: string;
  /** Attempts of the activity; 1 if it was never interrupted. */
  readonly attempts: number;
  /** Share of the time in which the main thread was busy, 0–1, from the first due time to the last. */
  readonly eventLoopUtilization: number;
  /** 99th percentile of the event loop delay minus the resolution of its timer, milliseconds. */
  readonly eventLoopDelayP99Ms: number;
  /** Share of the time in which the cgroup was throttled; null if it cannot be read. */
  readonly cpuThrottledShare: number | null;
  /** Local clock minus the control server's clock, and the uncertainty (±) of that difference. Milliseconds. */
  readonly clockOffsetMs: number;
  readonly clockUncertaintyMs: number;
  readonly maxResidentBytes: number;
  /** Long polls for completions that were repeated after an error. */
  readonly observerRetries: number;
  readonly maxInFlight: number;
  /** How often the in-flight cap was lowered because memory was low. */
  readonly capLowered: number;
  /** The load in windows of 10 s; absent for an idle generator. */
  readonly windows?: WindowsSummary;
  readonly machine?: MachineFacts;
}

/** The audit of a generator that sent nothing. */
export const idleAudit: GeneratorAudit = {
  identity: 'none',
  attempts: 0,
  eventLoopUtilization: 0,
  eventLoopDelayP99Ms: 0,
  cpuThrottledShare: null,
  clockOffsetMs: 0,
  clockUncertaintyMs: 0,
  maxResidentBytes: 0,
  observerRetries: 0,
  maxInFlight: 0,
  capLowered: 0,
};
