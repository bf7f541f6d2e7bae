import { readableMs, readableRate } from '../measurement/format/durations';
import { thresholdTexts } from '../measurement/judging/verdict';
import type { BenchmarkResult } from './result-schema';
import { compareWithServer } from './server-count';

type Threshold = BenchmarkResult['thresholds']['checks'][number];

/** Returns the answer that a run gives, in one sentence. */
export function answerOf(result: BenchmarkResult): string {
  const { outcome, error, abortReason, staircase, capacity, results, validity } = result;
  switch (outcome) {
    case 'ERROR':
    case 'BAD_CONFIGURATION':
      return error ?? 'The run could not be completed.';
    case 'ABORTED':
      return `${capacity ? `${capacity.sentence} ` : ''}The run ended early: ${abortReason ?? 'it was aborted'}.`;
    case 'UNACCOUNTED':
      return `The account ${compareWithServer(result) === 'not compared' ? 'was not compared' : 'does not agree'} with the server. Do not use the figures.`;
    case 'INVALID':
    case 'FAILED':
    case 'PASSED':
    case 'CLEANUP_INCOMPLETE':
      break;
  }
  if (capacity) return capacity.sentence;
  if (staircase) return staircaseAnswer(staircase);
  if (!validity.valid) {
    return 'The benchmark could not keep up, so the figures describe the benchmark rather than the cluster.';
  }
  const { checks } = result.thresholds;
  const missed = checks.filter(({ passed }) => !passed);
  if (missed.length > 0) {
    return `The cluster missed ${missed.length} of ${checks.length} thresholds: ${missed.map(missedThreshold).join(', ')}.`;
  }
  return `The cluster completed ${readableRate(results.rates.completed)} with a p99 latency of ${readableMs(results.latency.p99)} and met every threshold.`;
}

function staircaseAnswer({ highestPassedRate, firstFailedRate }: NonNullable<BenchmarkResult['staircase']>): string {
  const highest =
    highestPassedRate === null
      ? 'No rate was valid and passed'
      : `${highestPassedRate}/s is the highest rate that was valid and passed`;
  return `${highest}; ${firstFailedRate === null ? 'no hold failed' : `${firstFailedRate}/s is the first that was invalid or failed`}.`;
}

function missedThreshold(check: Threshold): string {
  return `${check.name} ${thresholdTexts(check).actual} (required ${requirement(check)})`;
}

/** Returns what a threshold requires, e.g. `≤ 5 s`. */
export function requirement(check: Threshold): string {
  return `${check.name === 'throughput' ? '≥' : '≤'} ${thresholdTexts(check).required}`;
}
