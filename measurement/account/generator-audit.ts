/** How long one window of a generator's audit lasts, milliseconds. */
export const WINDOW_MS = 10_000;

/** How a generator fared in one window of its load. */
export interface GeneratorWindow {
  /** From the start of the step, milliseconds. */
  readonly startMs: number;
  readonly eventLoopUtilization: number;
  readonly eventLoopDelayP99Ms: number;
  /** CPU of all its threads, in cores. */
  readonly cpuCores: number;
  /** Share of the window in which its cgroup was throttled; null where it cannot be read. */
  readonly cpuThrottledShare: number | null;
  /** Share of the machine's CPU that was busy, with whatever; null where it cannot be read. */
  readonly machineBusyShare: number | null;
  readonly sent: number;
  readonly lagP95Ms: number;
}

/** The windows of one generator, or of several together. */
export interface WindowsSummary {
  readonly count: number;
  /** Those in which the generator could not keep up. */
  readonly limited: number;
  /** How busy the CPUs of its machine were at most, 0–1, with whatever; null where it cannot be read. */
  readonly machineBusyShare: number | null;
  /** How much of that was its own, in cores. */
  readonly ownCores: number;
  /** What was wrong in the first limited window; absent where there is none. */
  readonly first?: string;
}

export const noWindows: WindowsSummary = { count: 0, limited: 0, machineBusyShare: null, ownCores: 0 };

/** Where a generator ran. */
export interface MachineFacts {
  readonly cpus: number;
  /** Cores its container may use; null where it may use all. */
  readonly cpuQuota: number | null;
  readonly memoryBytes: number;
  readonly memoryLimitBytes: number | null;
  /** e.g. `linux/arm64` */
  readonly platform: string;
  readonly node: string;
  readonly sdk: string;
  /** EC2's name for the machine, and ECS's for the task; 'unknown' elsewhere. */
  readonly instanceType: string;
  readonly task: string;
}

/** How the generator itself fared: the evidence for or against its own measurement (law 8). */
export interface GeneratorAudit {
  readonly identity: string;
  /** Attempts of the activity, 1 where nothing died. */
  readonly attempts: number;
  /** Share of the time the main thread was busy, 0–1, from the first due time to the last. */
  readonly eventLoopUtilization: number;
  /** 99th percentile of the event loop's delay, its own resolution subtracted. Milliseconds. */
  readonly eventLoopDelayP99Ms: number;
  /** Share of the time in which the cgroup was throttled; null where it cannot be read. */
  readonly cpuThrottledShare: number | null;
  /** Local clock − control server's clock, and half the width of the interval it is known to lie in. Milliseconds. */
  readonly clockOffsetMs: number;
  readonly clockUncertaintyMs: number;
  readonly maxResidentBytes: number;
  /** Long polls for completions that had to be repeated after an error. */
  readonly observerRetries: number;
  readonly maxInFlight: number;
  /** How often the in-flight cap was lowered because memory was short. */
  readonly capLowered: number;
  /** Its load in windows of 10 s; absent for a generator that did nothing. */
  readonly windows?: WindowsSummary;
  readonly machine?: MachineFacts;
}

/** The audit of a generator that did nothing. */
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
