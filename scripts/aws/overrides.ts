import type { KeyValuePair } from '@aws-sdk/client-ecs';
import type { SpecInput } from '../../spec/parse';

export interface RunSettings {
  readonly workflowId: string;
  readonly spec: SpecInput;
  /** The target, for a task without Service Connect. */
  readonly address?: string;
  readonly controlAddress?: string;
}

/** Returns the environment of a container that executes one run. */
export function runEnvironment({ workflowId, spec, address, controlAddress }: RunSettings): KeyValuePair[] {
  const values: Record<string, string | undefined> = {
    BENCHMARK_COMMAND: 'run',
    BENCHMARK_WITH_WORKER: 'true',
    // A restarted container attaches to its run and never starts a second one.
    BENCHMARK_ATTACH: 'true',
    BENCHMARK_WORKFLOW_ID: workflowId,
    BENCHMARK_SPEC: JSON.stringify(spec),
    TEMPORAL_ADDRESS: address,
    BENCHMARK_CONTROL_ADDRESS: controlAddress,
  };
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

/** Returns the base environment with the given variables added or replaced. */
export function withEnvironment(base: readonly KeyValuePair[], changes: readonly KeyValuePair[]): KeyValuePair[] {
  return [...base.filter(({ name }) => !changes.some((change) => change.name === name)), ...changes];
}

/** The user has confirmed by calling the script; the result goes to the log; metrics are served until the last scrape. */
export const RUN_COMMAND = ['--yes', '--output', 'log', '--metrics-linger'] as const;
