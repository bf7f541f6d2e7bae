/**
 * Did we measure the server, or ourselves? Each check names what was measured and where the limit lies.
 * The figures that justify the limits are in docs/calibration.md.
 */
export interface ValidityCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly measured: number;
  readonly limit: number;
  readonly unit: string;
  /** One sentence for a person. */
  readonly detail: string;
}

/** The check that may fail because of a slow target as well as because of us. */
export const LOST_SAMPLES = 'lost samples';

export const LIMITS = {
  /** Schedule-lag p99 may reach this, or a tenth of the median start, whichever is more. Milliseconds. */
  lagFloorMs: 5,
  lagShareOfStart: 0.1,
  eventLoopUtilization: 0.8,
  cpuThrottledShare: 0.01,
  /** Of the windows of all generators in a hold. */
  limitedWindowsShare: 0.05,
  slotsExhaustedShare: 0.05,
  clockUncertaintyMs: 50,
  lostSamplesShare: 0.01,
  /** A host says once a second how busy it is. Milliseconds. */
  hostSilentMs: 3000,
} as const;
