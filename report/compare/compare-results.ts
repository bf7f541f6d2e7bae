import { judgeMetrics, type MetricComparison } from '../../measurement/comparing/judge-metrics';
import type { BenchmarkResult } from '../result-schema';
import { otherDifferences, subjectDifferences, type Difference } from './differences';
import type { NoiseFloor } from './noise-floor';
import { metricsOf, type Metric, type Side } from './units';

/** A comparison of results, as `benchmark compare -o json` prints it. */
export interface Comparison {
  /**
   * REGRESSION if a deciding metric is worse; IMPROVEMENT if none is worse and one is better; NO_DIFFERENCE if all have
   * enough iterations to exclude one; otherwise TOO_FEW_ITERATIONS.
   */
  readonly outcome: 'REGRESSION' | 'IMPROVEMENT' | 'NO_DIFFERENCE' | 'TOO_FEW_ITERATIONS';
  readonly base: ComparedSide;
  readonly new: ComparedSide;
  readonly differences: readonly Difference[];
  /** The noise floor of a calibration; null if none applies. */
  readonly noiseFloor: NoiseFloor | null;
  readonly metrics: readonly ComparedMetric[];
}

export interface ComparedSide {
  readonly runs: readonly string[];
  /** Iterations, or whole runs of staircases. */
  readonly samples: number;
  readonly leftOut: readonly string[];
}

export type ComparedMetric = MetricComparison & Pick<Metric, 'unit' | 'per'>;

/** Why results cannot be compared. */
export class NotComparableError extends Error {
  override readonly name = 'NotComparableError';
}

/** The number of metrics that decide: p50, p99, throughput (or the highest rate of a staircase) and error rate. */
export const DECIDING_METRICS = 4;

/** The change that counts as a difference by default, a share. */
export const DEFAULT_TOLERANCE = 0.05;

/**
 * Compares results of the same measurement. Throws {@link NotComparableError} if they measured different things, if their
 * account is not closed, or if a side has no valid hold.
 *
 * @param tolerance the smallest change that counts as a difference, a share such as 0.05
 * @param noiseFloor changes below it do not count either
 */
export function compareResults(
  base: readonly BenchmarkResult[],
  changed: readonly BenchmarkResult[],
  tolerance = DEFAULT_TOLERANCE,
  noiseFloor: NoiseFloor | null = null,
): Comparison {
  requireComparable(base, changed);
  const rates = commonRates([...base, ...changed]);
  const sides = [sideOf('base', base, rates), sideOf('new', changed, rates)] as const;
  const metrics = metricsOf(...sides, { tolerance, floors: noiseFloor?.floors ?? {} });
  const judged = judgeMetrics(metrics).map((one, i) => ({ ...one, unit: metrics[i]!.unit, per: metrics[i]!.per }));
  const compared = (side: Side): ComparedSide => ({
    runs: side.results.map(({ runId }) => runId),
    samples: side.results[0]!.staircase ? side.results.length : side.holds.length,
    leftOut: side.leftOut,
  });
  return {
    outcome: outcomeOf(judged.filter(({ decides }) => decides)),
    base: compared(sides[0]),
    new: compared(sides[1]),
    differences: otherDifferences(base, changed),
    noiseFloor,
    metrics: judged,
  };
}

function outcomeOf(deciding: readonly MetricComparison[]): Comparison['outcome'] {
  const has = (kind: MetricComparison['verdict']['kind']) => deciding.some(({ verdict }) => verdict.kind === kind);
  if (has('worse')) return 'REGRESSION';
  if (has('better')) return 'IMPROVEMENT';
  return has('too few iterations') ? 'TOO_FEW_ITERATIONS' : 'NO_DIFFERENCE';
}

function requireComparable(base: readonly BenchmarkResult[], changed: readonly BenchmarkResult[]): void {
  const all = [...base, ...changed];
  const named = ({ runId, config }: BenchmarkResult) => ({ name: runId, config });
  const differences = all.flatMap((result) => subjectDifferences(named(all[0]!), named(result)));
  const problems = [
    ...all.flatMap(unusable),
    ...differences.map((difference) => `the results measured different things: ${difference}`),
  ];
  if (problems.length > 0) throw new NotComparableError([...new Set(problems)].join('\n'));
}

function unusable({ runId, outcomes, steps, error, capacity }: BenchmarkResult): string[] {
  if (capacity) return [`${runId} is a capacity search; compare searches with benchmark compare BASE.json NEW.json`];
  if (outcomes.includes('UNACCOUNTED')) {
    return [`${runId} is UNACCOUNTED: its account does not agree with the server, so its figures cannot be compared`];
  }
  if (steps.some(({ counted }) => counted)) return [];
  return [`${runId} (${outcomes.join(', ')}) has no complete hold to compare${error ? `: ${error}` : ''}`];
}

/** Returns the rates of the staircases at which every result has a valid hold. */
function commonRates(results: readonly BenchmarkResult[]): ReadonlySet<number> {
  const of = ({ steps }: BenchmarkResult) =>
    new Set(steps.filter(({ counted, validity }) => counted && validity?.valid).map(({ fromRate }) => fromRate));
  const all = results.map(of);
  return new Set([...all[0]!].filter((rate) => all.every((rates) => rates.has(rate))));
}

function sideOf(name: string, results: readonly BenchmarkResult[], rates: ReadonlySet<number>): Side {
  const counted = results.flatMap((result) =>
    result.steps.filter((step) => step.counted).map((step) => ({ result, step })),
  );
  const valid = counted.filter(({ step }) => step.validity?.valid);
  const holds = valid.filter(({ result, step }) => !result.staircase || rates.has(step.fromRate));
  const invalid = counted.length - valid.length;
  const leftOut = [
    ...(invalid > 0 ? [`${invalid} of ${counted.length} holds are INVALID`] : []),
    ...(holds.length < valid.length
      ? [`${valid.length - holds.length} holds have a rate that not every result has`]
      : []),
  ];
  if (holds.length > 0) return { results, holds, leftOut };
  throw new NotComparableError(`${name} has no hold that can be compared: ${leftOut.join('; ')}`);
}
