import type { BenchmarkSpec } from '../spec/parse';
import type { RunRef } from './activity-types';
import { namespaceOf, workloadQueueOf } from './names';

/** Returns what identifies a run and its target. */
export function runRefOf(spec: BenchmarkSpec, runId: string, workflowId: string): RunRef {
  return {
    runId,
    workflowId,
    namespace: spec.namespace ?? namespaceOf(runId),
    ownsNamespace: spec.namespace === undefined,
    taskQueue: spec.taskQueue ?? workloadQueueOf(runId),
    ...(spec.targetProfile === undefined ? {} : { targetProfile: spec.targetProfile }),
  };
}
