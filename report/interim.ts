import { mergeLedgers } from '../measurement/account/ledger';
import { mergeSeries, packSeries, RESULT_COLUMNS, sumOfRows, unpackSeries } from '../measurement/account/series';
import type { StepFacts } from './facts';
import type { BenchmarkResult, StepResult } from './result-schema';
import { stepResult } from './steps';

/** Why a step in progress is not complete. */
export const IN_PROGRESS = 'in progress';

export function isInProgress({ cutShort }: Pick<StepResult, 'cutShort'>): boolean {
  return cutShort === IN_PROGRESS;
}

/**
 * Returns the result of a run in progress: that of the steps that have ended, with what is known about those in progress.
 *
 * @param interim the result of the steps that have ended
 * @param running steps whose measurement is cut short because they are in progress
 * @param widthMs the width of the intervals in the series of these steps
 */
export function withStepsInProgress(
  interim: BenchmarkResult,
  running: readonly StepFacts[],
  widthMs = interim.series.widthMs,
): BenchmarkResult {
  const ended = new Set(interim.steps.map(({ index }) => index));
  const open = running.filter(({ step }) => !ended.has(step.index));
  if (open.length === 0) return interim;
  const facts = { steps: open, observeShare: interim.completion.share };
  const steps = open.map((step) => stepResult(step, facts).result);
  const { latency, serviceTime, startLatency, scheduleLag } = steps.at(-1)!;
  const isMeasured = interim.steps.some(({ counted }) => counted);
  return {
    ...interim,
    steps: [...interim.steps, ...steps].sort((a, b) => a.index - b.index),
    results: isMeasured ? interim.results : { ...interim.results, latency, serviceTime, startLatency, scheduleLag },
    ledger: { ...mergeLedgers([interim.ledger, ...open.map(({ settled }) => settled)]) },
    series: withSeries(interim.series, open, widthMs),
  };
}

/** Adds the series of steps in progress. It has no distribution of the latency yet. */
function withSeries(series: BenchmarkResult['series'], running: readonly StepFacts[], widthMs: number) {
  const { columns, points } = series;
  const index = columns.indexOf('index');
  const merged = mergeSeries(running.map(({ measurement }) => unpackSeries(measurement.series)));
  const placed = merged.map((point) => ({ ...point, index: Math.floor((point.index * widthMs) / series.widthMs) }));
  const byIndex = new Map(points.map((row) => [row[index]!, row]));
  for (const row of packSeries(mergeSeries([placed]), RESULT_COLUMNS)) {
    const before = byIndex.get(row[0]!);
    byIndex.set(row[0]!, before ? sumOfRows(before, row, columns) : [...row]);
  }
  return { ...series, points: [...byIndex.values()].sort((a, b) => a[index]! - b[index]!) };
}
