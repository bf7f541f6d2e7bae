import { resultOf } from '../../report/result';
import type { BenchmarkResult, StepResult } from '../../report/result-schema';
import { passedRun } from './passed-run';

const NOISE = [1, 1.01, 0.99, 1.005, 0.995, 1.002, 0.998];

/** Returns a result with iterations whose latencies are `factor` times those of another, with some noise. */
export function iterated(
  factor = 1,
  change: Partial<BenchmarkResult> = {},
  iterations = 5,
  changeStep: (step: StepResult, i: number) => Partial<StepResult> = () => ({}),
): BenchmarkResult {
  const result = resultOf(passedRun());
  const [hold] = result.steps;
  const steps = Array.from({ length: iterations }, (_, i): StepResult => {
    const scale = factor * NOISE[i % NOISE.length]!;
    const sufficient = { p50: true, p95: true, p99: true, p999: true };
    const latency = {
      ...hold!.latency,
      p50: 40 * scale,
      p95: 60 * scale,
      p99: 80 * scale,
      p999: 90 * scale,
      sufficient,
    };
    const step = { ...hold!, iteration: i + 1, name: `iteration-${i + 1}`, latency };
    return { ...step, ...changeStep(step, i) };
  });
  return { ...result, runId: `run-${factor}`, steps, ...change };
}
