import type { BenchmarkSpec } from '../spec/parse';
import type { RunRef, SeenTarget } from './activity-types';
import { namespaceOf, workloadQueueOf } from './names';

/** What the command that starts a run says about it in the memo of its workflow, apart from the spec. */
export interface RunMemo {
  /** Absent if the command has no connection to the target. */
  readonly target?: SeenTarget;
  /** Where the run records its outcome for the Temporal UI; absent on an embedded control server, which ends with the run. */
  readonly findBy?: 'search attributes' | 'memo';
}

/** Returns what identifies a run and its target. */
export function runRefOf(spec: BenchmarkSpec, runId: string, workflowId: string, clusterId?: string): RunRef {
  return {
    runId,
    workflowId,
    namespace: spec.namespace ?? namespaceOf(runId),
    ownsNamespace: spec.namespace === undefined,
    taskQueue: spec.taskQueue ?? workloadQueueOf(runId),
    ...(spec.targetProfile === undefined ? {} : { targetProfile: spec.targetProfile }),
    ...(clusterId === undefined ? {} : { clusterId }),
  };
}
