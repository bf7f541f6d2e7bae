import { mean, sampleStandardDeviation } from 'simple-statistics';

/** A mean over iterations and its 95 % confidence interval. */
export interface Estimate {
  readonly mean: number;
  /** null for a single iteration: one sample has no spread. */
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * Two-sided 95 % quantiles of Student's t by degrees of freedom from 1 (NIST/SEMATECH e-Handbook, table 1.3.6.7.2);
 * beyond 30 the next lower entry is used, which makes the interval slightly too wide, never too narrow.
 */
const T_95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/** Returns the two-sided 95 % quantile of Student's t for at least one degree of freedom. */
export function studentT95(degreesOfFreedom: number): number {
  return T_95[Math.min(degreesOfFreedom, T_95.length) - 1]!;
}

/**
 * Estimates the mean of iterations, which are the samples (law 7). For n independent samples with the mean x̄ and the
 * standard deviation s, the interval is
 *
 *   x̄ ± t(0.975, n − 1) · s / √n
 *
 * @param samples one value per iteration; at least one
 */
export function estimate(samples: readonly number[]): Estimate {
  const values = [...samples];
  const n = values.length;
  const center = mean(values);
  if (n === 1) return { mean: center, low: null, high: null };
  const half = (studentT95(n - 1) * sampleStandardDeviation(values)) / Math.sqrt(n);
  return { mean: center, low: center - half, high: center + half };
}
