import { expectedArrivals, instantOf, type RateLine } from './profile';
import { uniform } from './random';

export type ArrivalProcess = 'uniform' | 'poisson';

/** Everything that determines the due times of one lane. */
export interface LaneSchedule {
  readonly line: RateLine;
  readonly process: ArrivalProcess;
  readonly seed: number;
  /** The index of the line on the timeline. It seeds the random numbers, so that no two lines share them. */
  readonly lineIndex: number;
  readonly lane: number;
  readonly lanes: number;
}

/**
 * Steps through the due times of one lane. `sequence` counts the lane's arrivals on this line from 0. The due times are a
 * pure function of (schedule, sequence): a second cursor that starts anywhere gives the same times.
 */
export interface ArrivalCursor {
  readonly sequence: number;
  /** Milliseconds from the start of the line to the arrival; Infinity after the lane's last arrival. */
  readonly dueMs: number;
  advance(): void;
}

/** Returns a cursor at arrival number `sequence` of the lane. */
export function arrivalsFrom(schedule: LaneSchedule, sequence = 0): ArrivalCursor {
  return schedule.process === 'poisson'
    ? new PoissonArrivals(schedule, sequence)
    : new UniformArrivals(schedule, sequence);
}

/** Returns the exact number of arrivals that the lane has on this line. For Poisson arrivals it steps through all of them. */
export function countArrivals(schedule: LaneSchedule): number {
  if (schedule.process === 'uniform') return new UniformArrivals(schedule, 0).count;
  const cursor = new PoissonArrivals(schedule, 0);
  while (cursor.dueMs !== Infinity) cursor.advance();
  return cursor.sequence;
}

/**
 * Returns the first sequence of the lane that is due at or after a time of the line, milliseconds. For Poisson arrivals it
 * steps through all arrivals before it.
 */
export function firstDueAt(schedule: LaneSchedule, lineMs: number): number {
  if (schedule.process === 'uniform') return new UniformArrivals(schedule, 0).firstDueAt(lineMs);
  const cursor = new PoissonArrivals(schedule, 0);
  while (cursor.dueMs < lineMs) cursor.advance();
  return cursor.sequence;
}

/** Yields the due times of a lane's arrivals first … next − 1 on the timeline, milliseconds. */
export function* dueTimes(schedule: LaneSchedule, first: number, next: number): Generator<number> {
  if (first >= next) return;
  const { startMs } = schedule.line;
  const cursor = arrivalsFrom(schedule, first);
  for (; cursor.sequence < next && cursor.dueMs < Infinity; cursor.advance()) yield startMs + cursor.dueMs;
}

/**
 * Arrivals at equal distances in the integral of the rate: arrival i of the whole timeline is due when the integral
 * reaches i + ½. Because of the ½, a rate of r over T seconds gives exactly r·T arrivals, and ramps start gently.
 * Lane k of n takes the arrivals i ≡ k (mod n).
 */
class UniformArrivals implements ArrivalCursor {
  readonly count: number;
  private readonly first: number;

  constructor(
    private readonly schedule: LaneSchedule,
    public sequence: number,
  ) {
    const { line, lane, lanes } = schedule;
    const firstOfLine = firstIndexAtOrAfter(line.arrivalsBefore);
    const endOfLine = firstIndexAtOrAfter(line.arrivalsBefore + expectedArrivals(line, line.durationMs));
    this.first = firstOfLine + ((((lane - firstOfLine) % lanes) + lanes) % lanes);
    this.count = Math.max(0, Math.ceil((endOfLine - this.first) / lanes));
  }

  get dueMs(): number {
    return this.dueAt(this.sequence);
  }

  /** Searches by halves, because due times never fall. */
  firstDueAt(lineMs: number): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.dueAt(middle) < lineMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private dueAt(sequence: number): number {
    if (sequence >= this.count) return Infinity;
    const { line, lanes } = this.schedule;
    const index = this.first + sequence * lanes;
    return Math.min(line.durationMs, instantOf(line, index + 0.5 - line.arrivalsBefore));
  }

  advance(): void {
    this.sequence += 1;
  }
}

/** Returns the smallest i with i + ½ ≥ the integral. Rounding to nine decimals removes the rounding errors of the sum. */
function firstIndexAtOrAfter(integral: number): number {
  return Math.ceil(Math.round((integral - 0.5) * 1e9) / 1e9);
}

/**
 * Each lane is an independent Poisson process with the rate divided by the number of lanes; together the lanes are a
 * Poisson process with the whole rate. On the time scale of the lane's integral n(t)/lanes the process has rate 1, so
 * arrival i is at the prefix sum
 *
 *   S_i = Σ_{m ≤ i} −ln U(seed, line, lane, m)
 *
 * and is due when n(t)/lanes = S_i. A Poisson process has no memory, so each line starts a new sum. To resume, a cursor
 * therefore steps through one line at most, never through the whole run.
 */
class PoissonArrivals implements ArrivalCursor {
  sequence = -1;
  dueMs = 0;
  private sum = 0;

  constructor(
    private readonly schedule: LaneSchedule,
    sequence: number,
  ) {
    do this.advance();
    while (this.sequence < sequence && this.dueMs !== Infinity);
  }

  advance(): void {
    if (this.dueMs === Infinity) return;
    const { line, seed, lineIndex, lane, lanes } = this.schedule;
    this.sequence += 1;
    this.sum += -Math.log(uniform(seed, lineIndex, lane, this.sequence));
    const arrivals = this.sum * lanes;
    this.dueMs = arrivals < expectedArrivals(line, line.durationMs) ? instantOf(line, arrivals) : Infinity;
  }
}
