import { uniform } from '../load/random';
import type { Trial } from './evidence';

/** A statistical interval of the capacity, starts per second. */
export interface CapacityInterval {
  readonly low: number;
  readonly high: number;
}

/** Fewer decided trials do not support the model. */
export const MIN_TRIALS = 8;
const RESAMPLES = 400;
const TAIL = 0.025;
/** Weak prior of the slope: on a logarithmic scale a load 5 % above the capacity is bad nearly always. */
const PRIOR_SLOPE = 80;
const PRIOR_SLOPE_SD = 20;
const NEWTON_STEPS = 25;

interface Point {
  readonly x: number;
  readonly bad: 0 | 1;
  readonly weight: number;
}

/**
 * Estimates the capacity by a logistic regression of good and bad trials on the logarithm of the rate,
 *
 *   P(bad | rate) = 1 / (1 + exp(−b (ln rate − m))),
 *
 * where exp(m) is the rate that is as often bad as good. Trials are weighted by their seconds. The slope b has a normal
 * prior, without which perfectly separated trials would have none. A Bayesian bootstrap over the trials (weights from an
 * exponential distribution, Rubin 1981) together with a draw from the curvature of each fit gives the 95 % interval of m.
 *
 * @returns undefined with fewer than {@link MIN_TRIALS} valid trials, or if all of them were good, or all bad
 */
export function capacityInterval(trials: readonly Trial[], goalIndex: number): CapacityInterval | undefined {
  const valid = trials.filter(({ invalid }) => invalid === undefined);
  const longest = Math.max(...valid.map(({ seconds }) => seconds));
  const points = valid.map(({ rate, seconds, reasons }): Point => {
    return { x: Math.log(rate), bad: reasons[goalIndex]!.length > 0 ? 1 : 0, weight: seconds / longest };
  });
  const bads = points.filter(({ bad }) => bad === 1).length;
  if (points.length < MIN_TRIALS || bads === 0 || bads === points.length) return undefined;
  const draws = Array.from({ length: RESAMPLES }, (_, i) => drawMiddle(points, i)).sort((a, b) => a - b);
  const at = (share: number) => Math.exp(draws[Math.floor(share * (RESAMPLES - 1))]!);
  return { low: at(TAIL), high: at(1 - TAIL) };
}

function drawMiddle(points: readonly Point[], resample: number): number {
  const weighted = points.map((point, i) => {
    return { ...point, weight: point.weight * -Math.log(uniform(0xb007, resample, i)) };
  });
  const { middle, sd } = fit(weighted);
  const radius = Math.sqrt(-2 * Math.log(uniform(0xd7a3, resample, 0)));
  return middle + sd * radius * Math.cos(2 * Math.PI * uniform(0xd7a3, resample, 1));
}

/** Maximizes the posterior by Newton's method over (a, b) of the logit a + b·(x − x̄); it is concave in both. */
function fit(points: readonly Point[]): { readonly middle: number; readonly sd: number } {
  const center = middleOf(points);
  let a = 0;
  let b = PRIOR_SLOPE;
  let hessian = { aa: 1, ab: 0, bb: 1 };
  for (let step = 0; step < NEWTON_STEPS; step += 1) {
    let ga = -a * RIDGE;
    let gb = (PRIOR_SLOPE - b) / PRIOR_SLOPE_SD ** 2;
    hessian = { aa: RIDGE, ab: 0, bb: 1 / PRIOR_SLOPE_SD ** 2 };
    for (const { x, bad, weight } of points) {
      const d = x - center;
      const p = 1 / (1 + Math.exp(-(a + b * d)));
      const w = weight * p * (1 - p);
      ga += weight * (bad - p);
      gb += weight * (bad - p) * d;
      hessian.aa += w;
      hessian.ab += w * d;
      hessian.bb += w * d * d;
    }
    const det = hessian.aa * hessian.bb - hessian.ab ** 2;
    a += clamp((hessian.bb * ga - hessian.ab * gb) / det, 2);
    b = Math.max(1, b + clamp((hessian.aa * gb - hessian.ab * ga) / det, 10));
  }
  const det = hessian.aa * hessian.bb - hessian.ab ** 2;
  // Delta method for m = x̄ − a/b.
  const [varA, varB, cov] = [hessian.bb / det, hessian.aa / det, -hessian.ab / det];
  const variance = varA / b ** 2 + (a ** 2 * varB) / b ** 4 - (2 * a * cov) / b ** 3;
  return { middle: center - a / b, sd: Math.sqrt(Math.max(0, variance)) };
}

/** Keeps the intercept finite while all points near the middle are of one kind. */
const RIDGE = 0.01;

/** Halfway between the good and the bad trials' centers: where the fit begins. */
function middleOf(points: readonly Point[]): number {
  const mean = (kind: 0 | 1, pick: (all: number[]) => number) =>
    pick(points.filter(({ bad }) => bad === kind).map(({ x }) => x));
  return (mean(0, (all) => Math.max(...all)) + mean(1, (all) => Math.min(...all))) / 2;
}

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}
