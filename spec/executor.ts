import type { BenchmarkSpec } from './parse';

export const EXECUTORS = ['lean', 'sdk'] as const;

/** What executes the load workflows of a run; `external` are workers that the run does not start. */
export type Executor = (typeof EXECUTORS)[number] | 'external';

/** Returns what executes the load workflows. */
export function executorOf(spec: Pick<BenchmarkSpec, 'executor' | 'workload' | 'generatorOnly'>): Executor {
  return spec.generatorOnly || spec.workload === 'external' ? 'external' : spec.executor;
}
