import { estimate } from '../measurement/judging/statistics';
import type { BenchmarkResult } from './result-schema';
import type { ReportedStep } from './steps';

type Iterations = NonNullable<BenchmarkResult['iterations']>;

const FIGURES = ['throughput', 'p50', 'p95', 'p99', 'max'] as const;

/** Returns each counted hold as one sample, and the means over them (law 7). Returns undefined if no hold counted. */
export function iterationsOf(counted: readonly ReportedStep[]): Iterations | undefined {
  if (counted.length === 0) return undefined;
  const each = counted.map(({ step, result, verdict, validity }) => {
    const { p50, p95, p99, max } = result.latency;
    const judged = { passed: verdict?.passed ?? false, valid: validity?.valid ?? false };
    return { iteration: step.iteration, throughput: result.rates.completed, p50, p95, p99, max, ...judged };
  });
  const means = Object.fromEntries(FIGURES.map((figure) => [figure, estimate(each.map((one) => one[figure]))]));
  return { count: each.length, each, means: means as Iterations['means'] };
}
