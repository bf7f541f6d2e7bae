/**
 * One answer to the question whether the benchmark measured the server or itself. Each check reports the measured value
 * and its limit. docs/calibration.md has the measurements that justify the limits.
 */
export interface ValidityCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly measured: number;
  readonly limit: number;
  readonly unit: string;
  /** One sentence that states the measured value and the limit. */
  readonly detail: string;
}

/** The name of the only check that a slow target can fail as well as the benchmark itself. */
export const LOST_SAMPLES = 'lost samples';

export const LIMITS = {
  /**
   * The limit of the schedule lag is the highest of these: milliseconds, a share of the median start latency, and a share of
   * the latency at the same percentile, which counts up to a ceiling in milliseconds.
   */
  lagFloorMs: 5,
  lagShareOfStart: 0.1,
  lagShareOfLatency: 0.1,
  lagCeilingMs: 100,
  eventLoopUtilization: 0.8,
  cpuThrottledShare: 0.01,
  /** Share of the windows of all generators in a hold in which a generator fell behind. */
  limitedWindowsShare: 0.05,
  slotsExhaustedShare: 0.05,
  clockUncertaintyMs: 250,
  lostSamplesShare: 0.01,
  /** A host reports its load once per second. Milliseconds. */
  hostSilentMs: 3000,
} as const;
