import { bootstrapDifference, type Interval, type Sample } from './bootstrap';
import { holm, mannWhitney, smallestP } from './mann-whitney';
import { normalQuantile } from './normal';

const SIGNIFICANCE = 0.05;
const POWER = 0.9;

/** What is compared: one value per iteration on each side. */
export interface MetricSamples {
  readonly name: string;
  /** `ratio`: values above 0, compared by their logarithms. `difference`: shares, compared as they are. */
  readonly scale: 'ratio' | 'difference';
  readonly betterWhen: 'lower' | 'higher';
  /** Whether a change of this metric decides the comparison; the others are shown only. */
  readonly decides: boolean;
  readonly base: readonly Sample[];
  readonly changed: readonly Sample[];
  /** The smallest change that matters: 0.05 is a ratio of 1.05, or a difference of 0.05. */
  readonly tolerance: number;
}

export type MetricVerdict =
  | { readonly kind: 'better' | 'worse' }
  /** The interval lies within ± `beyond`. */
  | { readonly kind: 'no difference'; readonly beyond: number }
  /** About `needed` iterations on each side would show a change of the tolerance in 9 of 10 comparisons. */
  | { readonly kind: 'too few iterations'; readonly needed: number };

export interface MetricComparison {
  readonly name: string;
  readonly scale: 'ratio' | 'difference';
  readonly betterWhen: 'lower' | 'higher';
  readonly decides: boolean;
  /** The geometric mean of a ratio's iterations; the mean of a difference's. */
  readonly base: number;
  readonly changed: number;
  /** changed / base − 1 for a ratio, changed − base for a difference. */
  readonly effect: number;
  /** The 95 % interval of the effect; null with a single iteration on a side. */
  readonly interval: Interval | null;
  /** The Mann–Whitney p-value, by Holm's method if the metric decides. */
  readonly p: number;
  readonly verdict: MetricVerdict;
}

/**
 * Judges metrics. A metric has changed if three conditions hold: the Mann–Whitney test rejects at 5 %, after Holm's
 * correction over the deciding metrics; the bootstrap interval excludes 0; and the effect is at least the tolerance.
 * Otherwise it has no difference beyond the wider end of its interval, if that is known well enough; or there are too few
 * iterations.
 */
export function judgeMetrics(metrics: readonly MetricSamples[], seed = 1): MetricComparison[] {
  const deciding = metrics.filter(({ decides }) => decides).length;
  const values = (samples: readonly Sample[]) => samples.map(({ value }) => value);
  const raw = metrics.map(({ base, changed }) => mannWhitney(values(base), values(changed)));
  const adjusted = holm(raw.filter((_p, i) => metrics[i]!.decides));
  return metrics.map((metric, i) => {
    const p = metric.decides ? adjusted[metrics.slice(0, i).filter(({ decides }) => decides).length]! : raw[i]!;
    return judgeMetric(metric, p, metric.decides ? deciding : 1, seed + i);
  });
}

function judgeMetric(metric: MetricSamples, p: number, tests: number, seed: number): MetricComparison {
  const { name, scale, betterWhen, decides } = metric;
  const [from, to] = scale === 'ratio' ? [Math.log, Math.exp] : [same, same];
  const transform = (samples: readonly Sample[]) =>
    samples.map(({ value, redrawn }) => ({ value: from(value), redrawn: redrawn.map(from) }));
  const [a, b] = [transform(metric.base), transform(metric.changed)];
  const [meanA, meanB] = [mean(a), mean(b)];
  const toEffect = (difference: number) => (scale === 'ratio' ? Math.exp(difference) - 1 : difference);
  const known = a.length > 1 && b.length > 1 ? bootstrapDifference(a, b, seed) : undefined;
  const interval = known ? { low: toEffect(known.low), high: toEffect(known.high) } : null;
  const effect = toEffect(meanB - meanA);
  const needed = iterationsNeeded(metric, a, b, tests);
  const verdict = verdictOf(metric, { effect, interval, p, tests, needed });
  return { name, scale, betterWhen, decides, base: to(meanA), changed: to(meanB), effect, interval, p, verdict };
}

interface Evidence {
  readonly effect: number;
  readonly interval: Interval | null;
  readonly p: number;
  readonly tests: number;
  readonly needed: number;
}

function verdictOf(metric: MetricSamples, { effect, interval, p, tests, needed }: Evidence): MetricVerdict {
  const { base, changed, tolerance, betterWhen } = metric;
  const n = Math.min(base.length, changed.length);
  if (interval === null || n < fewestIterations(tests)) return { kind: 'too few iterations', needed };
  const excludesZero = interval.low > 0 || interval.high < 0;
  const isSignificant = p <= SIGNIFICANCE && excludesZero;
  if (isSignificant && Math.abs(effect) >= tolerance) {
    return { kind: effect > 0 === (betterWhen === 'higher') ? 'better' : 'worse' };
  }
  const beyond = Math.max(Math.abs(interval.low), Math.abs(interval.high));
  // A significant effect below the tolerance is known well enough, even if its interval reaches beyond it.
  if (beyond <= tolerance || isSignificant) return { kind: 'no difference', beyond };
  // The width of an interval falls with the square root of the number of iterations.
  const forInterval = Math.ceil(n * ((interval.high - interval.low) / 2 / tolerance) ** 2);
  return { kind: 'too few iterations', needed: Math.max(needed, forInterval, n + 1) };
}

/** Returns the fewest iterations on each side with which the first of `tests` tests by Holm's method can reject. */
export function fewestIterations(tests: number): number {
  let n = 2;
  while (smallestP(n) * tests > SIGNIFICANCE) n += 1;
  return n;
}

/**
 * Returns the iterations needed on each side. A two-sided test at α finds a difference d between means with the
 * probability 1 − β if
 *
 *   n ≥ 2 (z(1 − α/2) + z(1 − β))² s² / d²,
 *
 * where s is the pooled standard deviation of the iterations. The ranks of the Mann–Whitney test cost 5 % more.
 */
function iterationsNeeded(
  { tolerance, scale }: MetricSamples,
  a: readonly Sample[],
  b: readonly Sample[],
  tests: number,
): number {
  const freedom = a.length + b.length - 2;
  const squares = [a, b].reduce(
    (sum, side) => sum + side.reduce((s, { value }) => s + (value - mean(side)) ** 2, 0),
    0,
  );
  const variance = freedom > 0 ? squares / freedom : 0;
  const z = normalQuantile(1 - SIGNIFICANCE / tests / 2) + normalQuantile(POWER);
  const difference = scale === 'ratio' ? Math.log(1 + tolerance) : tolerance;
  return Math.max(fewestIterations(tests), Math.ceil((1.05 * 2 * z ** 2 * variance) / difference ** 2));
}

function mean(samples: readonly Sample[]): number {
  return samples.reduce((sum, { value }) => sum + value, 0) / samples.length;
}

function same(value: number): number {
  return value;
}
