import { studentT95 } from '../judging/statistics';
import { normalCdf } from './normal';

const RESAMPLES = 10_000;

/**
 * One iteration: its value, and values of the same iteration computed from blocks of 10 s that were drawn with
 * replacement. Without blocks, `redrawn` is empty.
 */
export interface Sample {
  readonly value: number;
  readonly redrawn: readonly number[];
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Returns the 95 % interval of mean(b) − mean(a) by a hierarchical bootstrap: each resample draws iterations with
 * replacement, and for each of them one of its redrawn values.
 *
 * The percentile interval of few samples is too narrow. It is expanded to the quantiles Φ(± √(n/(n−1)) · t) with Student's
 * t of n_a + n_b − 2 degrees of freedom and n = min(n_a, n_b) (Hesterberg 2015, "What Teachers Should Know About the
 * Bootstrap", section 5.3).
 *
 * @param a at least two iterations
 * @param b at least two iterations
 * @param seed the same seed gives the same interval
 */
export function bootstrapDifference(a: readonly Sample[], b: readonly Sample[], seed: number): Interval {
  const random = generator(seed);
  const differences = new Float64Array(RESAMPLES);
  for (let i = 0; i < RESAMPLES; i += 1) differences[i] = drawMean(b, random) - drawMean(a, random);
  differences.sort();
  const n = Math.min(a.length, b.length);
  const tail = normalCdf(-Math.sqrt(n / (n - 1)) * studentT95(a.length + b.length - 2));
  const at = (share: number) => differences[Math.min(RESAMPLES - 1, Math.floor(share * RESAMPLES))]!;
  return { low: at(tail), high: at(1 - tail) };
}

function drawMean(samples: readonly Sample[], random: () => number): number {
  const n = samples.length;
  let sum = 0;
  for (let i = 0; i < n; i += 1) {
    const { value, redrawn } = samples[(random() * n) | 0]!;
    sum += redrawn.length === 0 ? value : redrawn[(random() * redrawn.length) | 0]!;
  }
  return sum / n;
}

/** Returns a seeded generator of numbers in [0, 1): mulberry32, which is faster in a loop than a counter-based one. */
export function generator(seed: number): () => number {
  // A local name, because access to a global is slow in a sandbox.
  const { imul } = Math;
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = imul(state ^ (state >>> 15), 1 | state);
    t = (t + imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
