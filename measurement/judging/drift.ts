import { uniform } from '../load/random';

/** Workflows that started and ended within one interval of the timeline. */
export interface Flow {
  readonly started: number;
  readonly ended: number;
}

/** How the number of open workflows changed over a hold. */
export interface Drift {
  /** Robust slope of the open workflows, per second; negative when the backlog shrank. */
  readonly perSecond: number;
  /** Lower end of the one-sided 95 % confidence interval of the slope, per second. */
  readonly lowPerSecond: number;
  /** Growth that a hold may show, per second. */
  readonly limitPerSecond: number;
  /** False if the open workflows grew significantly faster than the limit: the verdict of a hold. */
  readonly sustainable: boolean;
  /** False already if the best estimate is above the limit: for a search, which tries each load more than once. */
  readonly likelySustainable: boolean;
}

/** Open workflows may grow by this share of the rate: growth below it is too slow to matter within a hold. */
const ALLOWED_SHARE = 0.01;
/** Fewer intervals give no confidence interval. */
export const MIN_INTERVALS = 12;
/** Growth below this many workflows over the whole hold is noise, whatever its statistics say. */
export const MIN_GROWTH = 10;
const RESAMPLES = 400;
const CONFIDENCE = 0.95;

/**
 * Tests whether a hold was sustainable: an overloaded server completes less than is started, so the number of open
 * workflows grows without end, whatever the latency is so far.
 *
 * With s_i starts and e_i ends in interval i, the open workflows are O_i = Σ_{j≤i} (s_j − e_j). The slope is Theil–Sen:
 * the median of (O_j − O_i)/(j − i) over all pairs i < j, which a stall of a few seconds does not move. Its confidence
 * interval comes from a moving-block bootstrap of the increments O_i − O_{i−1}: blocks keep the autocorrelation of a
 * queue, and increments, unlike the O_i themselves, are stationary whether the queue is stable or not.
 *
 * @param flows consecutive intervals of equal width, inside the steady state of the hold
 * @param widthMs width of an interval
 * @param ratePerSecond target rate of the hold
 * @returns undefined if there are fewer than {@link MIN_INTERVALS} intervals
 */
export function driftOf(flows: readonly Flow[], widthMs: number, ratePerSecond: number): Drift | undefined {
  if (flows.length < MIN_INTERVALS) return undefined;
  const seconds = widthMs / 1000;
  const increments = flows.map(({ started, ended }) => started - ended);
  const perSecond = theilSen(cumulated(increments)) / seconds;
  const lowPerSecond = Math.min(perSecond, lowerBound(increments, perSecond * seconds) / seconds);
  const limitPerSecond = ALLOWED_SHARE * ratePerSecond;
  const isSmall = perSecond * seconds * flows.length < MIN_GROWTH;
  return {
    perSecond,
    lowPerSecond,
    limitPerSecond,
    sustainable: isSmall || lowPerSecond <= limitPerSecond,
    likelySustainable: isSmall || perSecond <= limitPerSecond,
  };
}

/** Adjacent intervals joined until at most `most` are left; the pairs of Theil–Sen grow with the square of them. */
export function joinFlows(flows: readonly Flow[], factor: number): Flow[] {
  const joined: Flow[] = [];
  for (let i = 0; i + factor <= flows.length; i += factor) {
    const part = flows.slice(i, i + factor);
    joined.push({
      started: part.reduce((sum, { started }) => sum + started, 0),
      ended: part.reduce((sum, { ended }) => sum + ended, 0),
    });
  }
  return joined;
}

function cumulated(increments: readonly number[]): number[] {
  let sum = 0;
  return increments.map((increment) => (sum += increment));
}

/** Median of the slopes between all pairs of points, per interval. */
export function theilSen(values: readonly number[]): number {
  const slopes: number[] = [];
  for (let i = 0; i < values.length; i += 1)
    for (let j = i + 1; j < values.length; j += 1) slopes.push((values[j]! - values[i]!) / (j - i));
  return median(slopes);
}

/**
 * The slope minus a quantile of the bootstrap distribution of its error. Blocks of about √n increments are drawn with
 * replacement, centered, and the mean of each resample is an error. The factor √(k/(k − 1)) corrects the variance of
 * k blocks, as for a sample variance.
 */
function lowerBound(increments: readonly number[], slope: number): number {
  const n = increments.length;
  const length = Math.max(3, Math.round(Math.sqrt(n)));
  const blocks = Math.ceil(n / length);
  const center = increments.reduce((sum, one) => sum + one, 0) / n;
  const starts = n - length + 1;
  const blockSums = Array.from({ length: starts }, (_, at) =>
    increments.slice(at, at + length).reduce((sum, one) => sum + one - center, 0),
  );
  const errors = Array.from({ length: RESAMPLES }, (_, resample) => {
    let sum = 0;
    for (let block = 0; block < blocks; block += 1)
      sum += blockSums[Math.floor(uniform(0xd41f7, resample, block, n) * starts)]!;
    return sum / (blocks * length);
  });
  errors.sort((a, b) => a - b);
  const error = errors[Math.floor(CONFIDENCE * RESAMPLES)]!;
  return slope - Math.sqrt(blocks / (blocks - 1)) * error;
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}
