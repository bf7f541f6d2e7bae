import type { KeyValuePair } from '@aws-sdk/client-ecs';
import type { SpecInput } from '../../spec/parse';

export interface RunSettings {
  readonly workflowId: string;
  readonly spec: SpecInput;
  /** The target, for a task that has no Service Connect. */
  readonly address?: string;
  readonly controlAddress?: string;
}

/** The environment of a container that does one run; ECS allows overrides of 8,192 characters in all. */
export function runEnvironment({ workflowId, spec, address, controlAddress }: RunSettings): KeyValuePair[] {
  const values: Record<string, string | undefined> = {
    BENCHMARK_COMMAND: 'run',
    BENCHMARK_WITH_WORKER: 'true',
    // A container that is started again goes on with its run, and never starts another.
    BENCHMARK_ATTACH: 'true',
    BENCHMARK_WORKFLOW_ID: workflowId,
    BENCHMARK_SPEC: JSON.stringify(spec),
    TEMPORAL_ADDRESS: address,
    BENCHMARK_CONTROL_ADDRESS: controlAddress,
  };
  return Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

/** What a definition says, with what is given over it. */
export function withEnvironment(before: readonly KeyValuePair[], over: readonly KeyValuePair[]): KeyValuePair[] {
  return [...before.filter(({ name }) => !over.some((one) => one.name === name)), ...over];
}

/** Consent was given where the script was called; the result goes to the log; metrics stay for the last scrape. */
export const RUN_COMMAND = ['--yes', '--output', 'log', '--metrics-linger'] as const;
