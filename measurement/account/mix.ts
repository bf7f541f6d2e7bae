import { emptyHistogram, encodeHistogram, mergeHistograms, type EncodedHistogram } from './histogram';

/** Significant digits of a part's latencies: fewer than for the whole, because each result has several parts. */
export const PART_DIGITS = 2;

/** The arrivals of one workload of a mix. */
export interface MixPartCounts {
  readonly workload: string;
  readonly scheduled: number;
  readonly acknowledged: number;
  /** Observed completions, and observed closes with another status. */
  readonly completed: number;
  readonly failed: number;
  /** Due time → observed completion. 2 digits. */
  readonly latency: EncodedHistogram;
}

/** Adds up the parts of several lanes or holds by workload, in order of first occurrence. */
export function mergeParts(all: readonly MixPartCounts[]): MixPartCounts[] {
  const names = [...new Set(all.map(({ workload }) => workload))];
  return names.map((workload) => {
    const alike = all.filter((part) => part.workload === workload);
    const sum = (pick: (part: MixPartCounts) => number) => alike.reduce((n, part) => n + pick(part), 0);
    return {
      workload,
      scheduled: sum((part) => part.scheduled),
      acknowledged: sum((part) => part.acknowledged),
      completed: sum((part) => part.completed),
      failed: sum((part) => part.failed),
      latency: mergeHistograms(
        alike.map((part) => part.latency),
        PART_DIGITS,
      ),
    };
  });
}

/**
 * Adds the scheduled arrivals first … next − 1 of a lane to its parts.
 *
 * @param kindOf returns the index of an arrival's part; it is not called for a single workload, which has no parts
 */
export function withScheduled(
  parts: readonly MixPartCounts[],
  kindOf: (sequence: number) => number,
  first: number,
  next: number,
): readonly MixPartCounts[] {
  if (parts.length === 0 || first >= next) return parts;
  const added = parts.map(() => 0);
  for (let sequence = first; sequence < next; sequence += 1) added[kindOf(sequence)]! += 1;
  return parts.map((part, i) => ({ ...part, scheduled: part.scheduled + added[i]! }));
}

/** Returns the parts of a lane that sent nothing. A run with one workload has none. */
export function emptyParts(workloads: readonly string[]): MixPartCounts[] {
  return workloads.length < 2 ? [] : workloads.map(emptyPart);
}

export function emptyPart(workload: string): MixPartCounts {
  const latency = encodeHistogram(emptyHistogram(PART_DIGITS));
  return { workload, scheduled: 0, acknowledged: 0, completed: 0, failed: 0, latency };
}
