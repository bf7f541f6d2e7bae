/**
 * The offered rate over time: straight lines of rate, one after another, on one timeline.
 */
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

/** A line before it has a place on the timeline. */
export type RateSegment = Pick<RateLine, 'durationMs' | 'fromRate' | 'toRate'>;

/** Lays segments end to end and carries the rate's integral along, so that no arrival is lost or doubled at a seam. */
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

/** Rate in arrivals per second, `elapsedMs` into the line. */
export function rateAt(line: RateSegment, elapsedMs: number): number {
  const share = Math.min(1, Math.max(0, elapsedMs / line.durationMs));
  return line.fromRate + (line.toRate - line.fromRate) * share;
}

/**
 * The integral of the rate over the first t of the line. With r(t) = a + (b − a)·t/T:
 *
 *   n(t) = a·t + (b − a)·t² / (2T)
 */
export function expectedArrivals(line: RateSegment, elapsedMs: number): number {
  const t = elapsedMs / 1000;
  const T = line.durationMs / 1000;
  return line.fromRate * t + ((line.toRate - line.fromRate) * t * t) / (2 * T);
}

/**
 * The inverse of {@link expectedArrivals}: the instant at which n arrivals are due. With c = (b − a) / (2T), the
 * positive root of c·t² + a·t − n = 0, in the form that neither divides by c (flat lines) nor subtracts nearly
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

/** The highest rate anywhere on the lines, in arrivals per second. */
export function peakRate(lines: readonly RateSegment[]): number {
  return lines.reduce((peak, line) => Math.max(peak, line.fromRate, line.toRate), 0);
}
