import { percent } from '../format/numbers';

/** The limits that a hold must meet. */
export interface Thresholds {
  /** 99th percentile of the start-to-complete latency from the due time, milliseconds. */
  readonly maxP99LatencyMs: number;
  /** Completions per second. */
  readonly minThroughput: number;
  /** Share of the scheduled arrivals that did not become a completed workflow, 0–1. */
  readonly maxErrorRate: number;
}

/** The measured values that are compared with the thresholds. */
export interface HoldOutcome {
  readonly p99LatencyMs: number;
  readonly throughput: number;
  readonly errorRate: number;
}

export interface ThresholdResult {
  readonly name: 'p99 latency' | 'throughput' | 'error rate';
  readonly required: number;
  readonly actual: number;
  readonly unit: 'ms' | '/s' | '';
  readonly passed: boolean;
}

export interface Verdict {
  readonly passed: boolean;
  readonly thresholds: readonly ThresholdResult[];
  /** One sentence for each missed threshold; empty if and only if the hold passed. */
  readonly failureReasons: readonly string[];
}

/** Judges a hold. It fails if and only if p99 > max, throughput < min or error rate > max; equality passes (P10). */
export function judge(required: Thresholds, outcome: HoldOutcome): Verdict {
  const thresholds: ThresholdResult[] = [
    {
      name: 'p99 latency',
      required: required.maxP99LatencyMs,
      actual: outcome.p99LatencyMs,
      unit: 'ms',
      passed: outcome.p99LatencyMs <= required.maxP99LatencyMs,
    },
    {
      name: 'throughput',
      required: required.minThroughput,
      actual: outcome.throughput,
      unit: '/s',
      passed: outcome.throughput >= required.minThroughput,
    },
    {
      name: 'error rate',
      required: required.maxErrorRate,
      actual: outcome.errorRate,
      unit: '',
      passed: outcome.errorRate <= required.maxErrorRate,
    },
  ];
  return {
    passed: thresholds.every((threshold) => threshold.passed),
    thresholds,
    failureReasons: thresholds.filter((threshold) => !threshold.passed).map(failureReason),
  };
}

function failureReason({ name, required, actual, unit }: ThresholdResult): string {
  const comparison = name === 'throughput' ? 'is below the minimum of' : 'exceeds the maximum of';
  return `${name} ${formatValue(name, actual, unit)} ${comparison} ${formatValue(name, required, unit)}`;
}

/** Writes enough digits that a near miss does not look like equality. */
function formatValue(name: ThresholdResult['name'], value: number, unit: string): string {
  if (name === 'error rate') return `${trimZeros(percent(value, 4).replace(' %', ''))} %`;
  return `${trimZeros(value.toFixed(3))}${unit === 'ms' ? ' ms' : unit}`;
}

function trimZeros(number: string): string {
  return number.includes('.') ? number.replace(/\.?0+$/, '') : number;
}

/**
 * Returns the thresholds of a hold for which the spec names none. A healthy run passes them (law 10).
 *
 * @param targetRate the rate of the hold, starts per second
 * @param waitingMs the time that the workload itself waits for timers, milliseconds
 */
export function defaultThresholds(targetRate: number, waitingMs: number): Thresholds {
  return { maxP99LatencyMs: 5000 + waitingMs, minThroughput: 0.9 * targetRate, maxErrorRate: 0.01 };
}
