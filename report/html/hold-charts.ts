import { decodeHistogram, mergeHistograms } from '../../measurement/account/histogram';
import { readableMs, readableRate, shortMs } from '../../measurement/format/durations';
import { readable } from '../../measurement/format/numbers';
import { isInProgress } from '../interim';
import type { BenchmarkResult, ResultLatency, StepResult } from '../result-schema';
import { linearAxis, logAxis, type Axis } from './axis';
import { band, chart, dots, limit, line } from './chart';
import { bracketOf, headlineHolds } from './capacity-section';
import { closedTable, markup, section, table, type Markup } from './markup';
import { verdictOf } from './verdicts';

/** Returns the latency over the rate of a staircase or a search: each hold is a point, hollow if it is INVALID. */
export function latencyOverRate(result: BenchmarkResult): Markup {
  const { thresholds } = result;
  const bracket = bracketOf(result);
  if (!bracket) return markup``;
  const steps = result.steps.filter((step) => !isInProgress(step));
  const holds = steps.filter(({ kind, latency }) => kind === 'hold' && latency.count > 0);
  const { highest, first } = bracket;
  const rows = steps.filter(({ kind }) => kind === 'hold').map((step) => holdRow(`${readable(step.fromRate)}/s`, step));
  if (holds.length === 0) return markup``;
  const required = thresholds.maxP99LatencyMs;
  const values = holds.flatMap(({ latency }) => [latency.p50, latency.p99]);
  const isNear = required <= 20 * Math.max(...values);
  const axes = {
    x: linearAxis(Math.max(...holds.map(({ fromRate }) => fromRate)), (value) => `${Number(readable(value))}/s`),
    y: logAxis(isNear ? [...values, required] : values, shortMs),
  };
  const slo = isNear ? limit(required, `p99 limit ${readableMs(required)}`, axes) : undefined;
  const sorted = [...holds].sort((a, b) => a.fromRate - b.fromRate);
  const points = (of: readonly StepResult[], which: 'p50' | 'p99') =>
    of.map(({ fromRate, latency }): [number, number] => [fromRate, latency[which]]);
  const [valid, invalid] = [
    sorted.filter(({ validity }) => validity?.valid),
    sorted.filter(({ validity }) => !validity?.valid),
  ];
  return section(
    'latency-over-rate',
    'Latency over rate',
    chart({
      title: 'Latency of each hold',
      ...axes,
      backgrounds: highest !== null && first !== null && first > highest ? [band(highest, first, axes, 'bracket')] : [],
      layers: [
        line(points(sorted, 'p50'), axes, 'mean'),
        line(points(sorted, 'p99'), axes, 'max'),
        dots(points(valid, 'p50'), axes, 'mean'),
        dots(points(valid, 'p99'), axes, 'max'),
        dots(points(invalid, 'p99'), axes, 'max'),
        dots(points(invalid, 'p99'), axes, 'hollow'),
        ...(slo ? [slo.layer] : []),
      ],
      labels: slo ? [slo.label] : [],
      legend: [
        ['mean', 'p50'],
        ['max', 'p99'],
      ],
      xTitle: `target rate of the hold; hollow points are INVALID${highest !== null && first !== null && first > highest ? '; the shaded area lies between the highest rate that passed and the first that did not' : ''}`,
    }),
    table(HOLD_HEAD, rows),
  );
}

/** Returns the iterations of a run: what each measured, and the means. */
export function iterationsChart({ steps, iterations }: BenchmarkResult): Markup {
  if (!iterations || iterations.count < 2) return markup``;
  const holds = steps.filter(({ counted }) => counted);
  const values = holds.flatMap(({ latency }) => [latency.p50, latency.p99]).filter((ms) => ms > 0);
  const last = Math.max(...holds.map(({ iteration }) => iteration));
  const axes = { x: countAxis(last), y: logAxis(values, shortMs) };
  const points = (which: 'p50' | 'p99', valid: boolean) =>
    holds
      .filter(({ validity }) => Boolean(validity?.valid) === valid)
      .map(({ iteration, latency }): [number, number] => [iteration, latency[which]]);
  const interval = (
    { mean, low, high }: { mean: number; low: number | null; high: number | null },
    show: (value: number) => string,
  ) => [show(mean), low === null || high === null ? 'unknown' : `${show(Math.max(0, low))} to ${show(high)}`];
  const { throughput, p50, p95, p99 } = iterations.means;
  return section(
    'iterations',
    'Iterations',
    chart({
      title: 'Latency of each iteration',
      ...axes,
      layers: [
        ...(['p50', 'p99'] as const).flatMap((which) => {
          const className = which === 'p50' ? 'mean' : 'max';
          const invalid = points(which, false);
          return [
            dots(points(which, true), axes, className),
            dots(invalid, axes, className),
            dots(invalid, axes, 'hollow'),
          ];
        }),
      ],
      legend: [
        ['mean', 'p50'],
        ['max', 'p99'],
      ],
      xTitle: 'iteration; hollow points are INVALID',
    }),
    table(
      ['mean', 'value', '95 % confidence interval'],
      [
        ['p50', ...interval(p50, readableMs)],
        ['p95', ...interval(p95, readableMs)],
        ['p99', ...interval(p99, readableMs)],
        ['throughput', ...interval(throughput, readableRate)],
      ],
    ),
    closedTable(
      'Table of the iterations',
      HOLD_HEAD,
      holds.map((step) => holdRow(`iteration ${step.iteration}`, step)),
    ),
  );
}

const HOLD_HEAD = ['hold', 'completed', 'p50', 'p95', 'p99', 'longest', 'verdict'];

function holdRow(name: string, step: StepResult) {
  const { p50, p95, p99, max } = step.latency;
  const { text, className } = verdictOf(step);
  return [
    name,
    readableRate(step.rates.completed),
    ...[p50, p95, p99, max].map(readableMs),
    markup`<span class="chip ${className}">${text}</span>`,
  ];
}

function countAxis(last: number): Axis {
  const toShare = (value: number) => value / (last + 1);
  const step = Math.ceil(last / 12);
  const shown = Array.from({ length: last }, (_, i) => i + 1).filter((value) => (value - 1) % step === 0);
  return { toShare, ticks: shown.map((value) => ({ share: toShare(value), label: String(value) })) };
}

/** Returns the latency by percentile, one line per hold, each cut where its samples end. */
export function percentiles(result: BenchmarkResult): Markup {
  const { results, steps, staircase } = result;
  const holds = steps.filter(({ counted, latency }) => counted && latency.count > 0);
  const several = staircase ? holds : [];
  const curves =
    several.length > 1
      ? several.map(({ latency, histogram }) => spectrum(latency, histogram))
      : [spectrum(results.latency, mergedHistogram(headlineHolds(holds, result), results.latency))];
  const all = curves
    .flat()
    .map(([, ms]) => ms)
    .filter((ms) => ms > 0);
  if (all.length === 0) return markup``;
  const axes = { x: percentileAxis(Math.max(...curves.flat().map(([q]) => q))), y: logAxis(all, shortMs) };
  const rows = [
    ['latency, from the due time', results.latency] as const,
    ['service time, from the send', results.serviceTime] as const,
    ['start latency, until the server confirmed', results.startLatency] as const,
    ['schedule lag, send minus due time', results.scheduleLag] as const,
  ];
  const unsure = !results.latency.sufficient.p99;
  return section(
    'percentiles',
    'Latency by percentile',
    chart({
      title: several.length > 1 ? 'Latency from the due time, one line per hold' : 'Latency from the due time',
      ...axes,
      layers: curves.map((points, i) =>
        line(points, axes, curves.length === 1 ? 'max' : `max shade${Math.floor((i * 5) / curves.length)}`),
      ),
      legend:
        several.length > 1
          ? [
              ['max shade0', 'lowest rate'],
              ['max shade4', 'highest rate'],
            ]
          : [['max', 'all holds']],
      xTitle: 'percentile of the workflows',
    }),
    unsure
      ? markup`<p class="hint">There are only ${results.latency.count} samples: the p99 is a hint, not a measurement.</p>`
      : markup``,
    table(
      ['', 'p50', 'p95', 'p99', 'p99.9', 'longest', 'samples'],
      rows.map(([name, one]) => [name, ...[one.p50, one.p95, one.p99, one.p999, one.max].map(readableMs), one.count]),
    ),
  );
}

/** Returns the histogram of all holds; undefined if one is missing, or they are not the samples of these figures. */
function mergedHistogram(holds: readonly StepResult[], { count }: ResultLatency): string | undefined {
  const found = holds.flatMap(({ histogram }) => histogram ?? []);
  const samples = holds.reduce((sum, { latency }) => sum + latency.count, 0);
  return found.length === holds.length && samples === count ? mergeHistograms(found) : undefined;
}

/** Returns (−log10(1 − q), ms) points up to the last percentile that has a sample of its own. */
function spectrum(latency: ResultLatency, histogram: string | undefined): [number, number][] {
  const last = Math.log10(Math.max(1, latency.count));
  if (histogram === undefined) {
    const known: [number, number][] = [
      [position(0.5), latency.p50],
      [position(0.95), latency.p95],
      [position(0.99), latency.p99],
      [position(0.999), latency.p999],
    ];
    return [...known.filter(([at]) => at < last), [last, latency.max]];
  }
  const decoded = decodeHistogram(histogram);
  const steps = Math.max(1, Math.ceil(last * 12));
  return Array.from({ length: steps + 1 }, (_, i): [number, number] => {
    const at = (last * i) / steps;
    return [at, Math.min(latency.max, decoded.getValueAtPercentile(100 * (1 - 10 ** -at)) / 1000)];
  }).filter(([, ms]) => ms > 0);
}

function position(q: number): number {
  return -Math.log10(1 - q);
}

function percentileAxis(last: number): Axis {
  const toShare = (value: number) => value / Math.max(last, 0.4);
  const shown = [0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999].filter((q) => position(q) <= last + 1e-9);
  return {
    toShare,
    ticks: shown.map((q) => ({
      share: toShare(position(q)),
      label: q === 0 ? 'min' : `p${Number((q * 100).toFixed(5))}`,
    })),
  };
}
