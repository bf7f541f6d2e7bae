/** What a hold has to reach. */
export interface Thresholds {
  /** Start-to-complete latency from the due time, 99th percentile, milliseconds. */
  readonly maxP99LatencyMs: number;
  /** Completions per second. */
  readonly minThroughput: number;
  /** Share of the scheduled arrivals that did not end well, 0–1. */
  readonly maxErrorRate: number;
}

/** What a hold did reach. */
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
  /** One sentence for each threshold missed; empty if and only if passed. */
  readonly failureReasons: readonly string[];
}

/**
 * Law P10: failed if and only if p99 > max, throughput < min or error rate > max. Equality passes.
 */
export function judge(required: Thresholds, reached: HoldOutcome): Verdict {
  const thresholds: ThresholdResult[] = [
    {
      name: 'p99 latency',
      required: required.maxP99LatencyMs,
      actual: reached.p99LatencyMs,
      unit: 'ms',
      passed: reached.p99LatencyMs <= required.maxP99LatencyMs,
    },
    {
      name: 'throughput',
      required: required.minThroughput,
      actual: reached.throughput,
      unit: '/s',
      passed: reached.throughput >= required.minThroughput,
    },
    {
      name: 'error rate',
      required: required.maxErrorRate,
      actual: reached.errorRate,
      unit: '',
      passed: reached.errorRate <= required.maxErrorRate,
    },
  ];
  return {
    passed: thresholds.every((threshold) => threshold.passed),
    thresholds,
    failureReasons: thresholds.filter((threshold) => !threshold.passed).map(reason),
  };
}

function reason({ name, required, actual, unit }: ThresholdResult): string {
  const side = name === 'throughput' ? 'below the required' : 'above the allowed';
  return `${name} ${show(name, actual)}${unit} is ${side} ${show(name, required)}${unit}`;
}

/** Enough digits that a miss by a hair does not read as equality. */
function show(name: ThresholdResult['name'], value: number): string {
  if (name === 'error rate') return `${trim((value * 100).toFixed(4))} %`;
  return trim(value.toFixed(3));
}

function trim(number: string): string {
  return number.includes('.') ? number.replace(/\.?0+$/, '') : number;
}

/**
 * Law 10: defaults pass healthy runs.
 *
 * @param targetRate the rate of the hold, starts per second
 * @param waitingMs what the workload itself waits for (timers), milliseconds
 */
export function defaultThresholds(targetRate: number, waitingMs: number): Thresholds {
  return { maxP99LatencyMs: 5000 + waitingMs, minThroughput: 0.9 * targetRate, maxErrorRate: 0.01 };
}
