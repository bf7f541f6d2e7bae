/** A period in which the target rate changes linearly. Consecutive lines form the timeline of a run. */
export interface RateLine {
  /** Milliseconds from the start of the timeline to the start of this line. */
  readonly startMs: number;
  readonly durationMs: number;
  /** Arrivals per second at the start and at the end of the line. */
  readonly fromRate: number;
  readonly toRate: number;
  /** Expected arrivals on the timeline before this line: the integral of the rate up to {@link startMs}. */
  readonly arrivalsBefore: number;
}

/** A line without its position on the timeline. */
export type RateSegment = Pick<RateLine, 'durationMs' | 'fromRate' | 'toRate'>;

/**
 * Places segments one after another on a timeline. It carries the integral of the rate along, so that no arrival is lost
 * or duplicated between two segments.
 */
export function layOut<S extends RateSegment>(segments: readonly S[]): (S & RateLine)[] {
  let startMs = 0;
  let arrivalsBefore = 0;
  return segments.map((segment) => {
    const line = { ...segment, startMs, arrivalsBefore };
    startMs += segment.durationMs;
    arrivalsBefore += expectedArrivals(segment, segment.durationMs);
    return line;
  });
}

/** Returns the rate `elapsedMs` after the start of the line, in arrivals per second. */
export function rateAt(line: RateSegment, elapsedMs: number): number {
  const share = Math.min(1, Math.max(0, elapsedMs / line.durationMs));
  return line.fromRate + (line.toRate - line.fromRate) * share;
}

/**
 * Returns the integral of the rate from the start of the line to time t. With r(t) = a + (b − a)·t/T:
 *
 *   n(t) = a·t + (b − a)·t² / (2T)
 */
export function expectedArrivals(line: RateSegment, elapsedMs: number): number {
  const t = elapsedMs / 1000;
  const T = line.durationMs / 1000;
  return line.fromRate * t + ((line.toRate - line.fromRate) * t * t) / (2 * T);
}

/**
 * Returns the instant at which n arrivals are due, the inverse of {@link expectedArrivals}. With c = (b − a) / (2T), it is
 * the positive root of c·t² + a·t − n = 0. This form neither divides by c, which is 0 on flat lines, nor subtracts nearly
 * equal numbers:
 *
 *   t = 2n / (a + √(a² + 4·c·n))
 *
 * @returns milliseconds from the start of the line
 */
export function instantOf(line: RateSegment, arrivals: number): number {
  if (arrivals <= 0) return 0;
  const a = line.fromRate;
  const c = (line.toRate - line.fromRate) / (2 * (line.durationMs / 1000));
  const root = Math.sqrt(Math.max(0, a * a + 4 * c * arrivals));
  return (1000 * 2 * arrivals) / (a + root);
}

/** Returns the highest rate of all lines, in arrivals per second. */
export function peakRate(lines: readonly RateSegment[]): number {
  return lines.reduce((peak, line) => Math.max(peak, line.fromRate, line.toRate), 0);
}
