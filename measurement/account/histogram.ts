import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';

/** A histogram of durations in integer microseconds, in HdrHistogram's V2 compressed encoding, base64. */
export type EncodedHistogram = string;

/** One hour. A longer duration is recorded as one hour. */
const HIGHEST_US = 3_600_000_000;

/** The number of samples that each percentile needs to be meaningful (law 5). */
export const SAMPLES_NEEDED = { p50: 20, p95: 130, p99: 662, p999: 6636 } as const;

/**
 * Returns an empty histogram.
 *
 * @param digits significant decimal digits: 3 (0.1 %) for the latency that decides the verdict; 2 (1 %) for all others,
 *   which bounds the size of a lane's heartbeat
 */
export function emptyHistogram(digits: 2 | 3 = 3): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: digits,
    bitBucketSize: 32,
    useWebAssembly: false,
  });
}

/** Records a duration in milliseconds. A negative duration, which only clock noise can cause, counts as 0. */
export function recordMs(histogram: Histogram, durationMs: number): void {
  histogram.recordValue(Math.min(HIGHEST_US, Math.max(0, Math.round(durationMs * 1000))));
}

export function encodeHistogram(histogram: Histogram): EncodedHistogram {
  return encodeIntoCompressedBase64(histogram);
}

export function decodeHistogram(encoded: EncodedHistogram): Histogram {
  return decodeFromCompressedBase64(encoded, 32, false, HIGHEST_US);
}

/** Returns the sum of histograms. Its percentiles are those of all samples; a mean of percentiles would be meaningless. */
export function mergeHistograms(encoded: readonly EncodedHistogram[], digits: 2 | 3 = 3): EncodedHistogram {
  const sum = emptyHistogram(digits);
  for (const one of encoded) sum.add(decodeHistogram(one));
  return encodeHistogram(sum);
}

export interface Percentile {
  /** Milliseconds; 0 if there is no sample. */
  readonly ms: number;
  /** Whether there are enough samples for this percentile to be meaningful. */
  readonly sufficient: boolean;
}

/** The percentiles of a histogram, in milliseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly p50: Percentile;
  readonly p95: Percentile;
  readonly p99: Percentile;
  readonly p999: Percentile;
  readonly max: Percentile;
  readonly mean: Percentile;
}

export function summarize(encoded: EncodedHistogram): LatencySummary {
  return summarizeHistogram(decodeHistogram(encoded));
}

export function summarizeHistogram(histogram: Histogram): LatencySummary {
  const count = histogram.totalCount;
  // HdrHistogram returns the upper end of a bucket, which can exceed the largest recorded value.
  const maxUs = count === 0 ? 0 : histogram.maxValue;
  const at = (percentile: number, needed: number): Percentile => ({
    ms: count === 0 ? 0 : Math.min(maxUs, histogram.getValueAtPercentile(percentile)) / 1000,
    sufficient: count >= needed,
  });
  return {
    count,
    p50: at(50, SAMPLES_NEEDED.p50),
    p95: at(95, SAMPLES_NEEDED.p95),
    p99: at(99, SAMPLES_NEEDED.p99),
    p999: at(99.9, SAMPLES_NEEDED.p999),
    max: { ms: maxUs / 1000, sufficient: count > 0 },
    mean: { ms: count === 0 ? 0 : histogram.mean / 1000, sufficient: count > 0 },
  };
}
