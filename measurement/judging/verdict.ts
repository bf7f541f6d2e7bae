import { readableMs, readableRate } from '../format/durations';
import { percent } from '../format/numbers';
import type { Drift } from './drift';

/** The limits that a hold must meet. */
export interface Thresholds {
  /** 99th percentile of the start-to-complete latency from the due time, milliseconds. */
  readonly maxP99LatencyMs: number;
  /** Completions per second; absent for the default, a share of what was scheduled. */
  readonly minThroughput?: number;
  /** Share of the scheduled arrivals that did not become a completed workflow, 0–1. */
  readonly maxErrorRate: number;
}

/** The measured values that are compared with the thresholds. */
export interface HoldOutcome {
  readonly p99LatencyMs: number;
  readonly throughput: number;
  /** Arrivals that fell due, per second of the hold: what the throughput is judged against. */
  readonly scheduledRate: number;
  readonly errorRate: number;
  /** Absent if the hold was too short for a drift test, or nothing was observed. */
  readonly drift?: Pick<Drift, 'perSecond' | 'limitPerSecond' | 'sustainable'>;
}

export interface ThresholdResult {
  readonly name: 'p99 latency' | 'throughput' | 'error rate' | 'open workflows growth';
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

/** A hold must complete at least this share of the arrivals that fell due, if the spec names no minimum. */
const MIN_COMPLETED_SHARE = 0.9;

/** Returns the throughput that a hold must reach, completions per second. */
export function requiredThroughput({ minThroughput }: Thresholds, scheduledRate: number): number {
  return minThroughput ?? MIN_COMPLETED_SHARE * scheduledRate;
}

/**
 * Judges a hold. It fails if and only if p99 > max, throughput < min, error rate > max, or the open workflows grew
 * significantly (P10); equality passes.
 */
export function judge(required: Thresholds, outcome: HoldOutcome): Verdict {
  const minThroughput = requiredThroughput(required, outcome.scheduledRate);
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
      required: minThroughput,
      actual: outcome.throughput,
      unit: '/s',
      passed: outcome.throughput >= minThroughput,
    },
    {
      name: 'error rate',
      required: required.maxErrorRate,
      actual: outcome.errorRate,
      unit: '',
      passed: outcome.errorRate <= required.maxErrorRate,
    },
    ...driftThreshold(outcome),
  ];
  return {
    passed: thresholds.every((threshold) => threshold.passed),
    thresholds,
    failureReasons: thresholds.filter((threshold) => !threshold.passed).map(failureReason),
  };
}

/**
 * Returns whether the target completed too little of the load. That does not depend on the latency of single workflows, so
 * it holds even if the benchmark lost sight of some of them.
 */
export function tooSlow({ thresholds }: Verdict): boolean {
  return thresholds.some(({ name, passed }) => !passed && (name === 'throughput' || name === 'open workflows growth'));
}

/** Growth of the open workflows; a hold above the capacity of the server fails by it, whatever its latency is so far. */
function driftThreshold({ drift }: HoldOutcome): ThresholdResult[] {
  if (drift === undefined) return [];
  const { perSecond, limitPerSecond, sustainable } = drift;
  return [
    { name: 'open workflows growth', required: limitPerSecond, actual: perSecond, unit: '/s', passed: sustainable },
  ];
}

function failureReason({ name, required, actual, unit }: ThresholdResult): string {
  if (name === 'open workflows growth') return `not sustainable: open workflows grew by ${actual.toFixed(1)}/s`;
  const comparison = name === 'throughput' ? 'is below the minimum of' : 'exceeds the maximum of';
  const texts = thresholdTexts({ name, required, actual, unit });
  return `${name} ${texts.actual} ${comparison} ${texts.required}`;
}

/**
 * Writes the values of a threshold for people, such as `65.7 ms` and `5 s`. A near miss is written with as many digits as it
 * needs to differ from the limit.
 */
export function thresholdTexts({
  name,
  required,
  actual,
  unit,
}: Pick<ThresholdResult, 'name' | 'required' | 'actual'> & { readonly unit: string }): {
  actual: string;
  required: string;
} {
  const show = (value: number) => {
    if (name === 'error rate') return `${trimZeros((value * 100).toFixed(2))} %`;
    return unit === 'ms' ? readableMs(value) : readableRate(value);
  };
  const texts = { actual: show(actual), required: show(required) };
  if (actual === required || texts.actual !== texts.required) return texts;
  const exact = (value: number) => formatThreshold({ name, unit }, value);
  return { actual: exact(actual), required: exact(required) };
}

/** Writes a value of a threshold exactly, for programs that read it. */
export function formatThreshold(
  { name, unit }: { readonly name: ThresholdResult['name']; readonly unit: string },
  value: number,
): string {
  if (name === 'error rate') return `${trimZeros(percent(value, 4).replace(' %', ''))} %`;
  return `${trimZeros(value.toFixed(3))}${unit === 'ms' ? ' ms' : unit}`;
}

function trimZeros(number: string): string {
  return number.includes('.') ? number.replace(/\.?0+$/, '') : number;
}

/**
 * Returns the thresholds of a hold for which the spec names none. A healthy run passes them (law 10).
 *
 * @param waitingMs the time that the workload itself waits for timers, milliseconds
 */
export function defaultThresholds(waitingMs: number): Thresholds {
  return { maxP99LatencyMs: 5000 + waitingMs, maxErrorRate: 0.01 };
}
