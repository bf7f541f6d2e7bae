/** The control namespace where nothing else is said. */
export const CONTROL_NAMESPACE = 'benchmark-control';

/** Task queues of the control namespace, by the role that polls them. */
export const CONTROL_QUEUE = 'benchmark-control';
export const LOAD_QUEUE = 'benchmark-load';
export const HOST_QUEUE = 'benchmark-host';

/**
 * Temporal does not balance activities over workers, so slots have to. A generator process polls each of these queues
 * with exactly one slot, and neighbouring steps use different queues: a process can never take two lanes of one step,
 * and while one step is sending and the next is armed, two earlier ones may still wait for their last completions.
 */
export const LOAD_QUEUES = [0, 1, 2, 3].map((slot) => `${LOAD_QUEUE}-${slot}`);

export function loadQueueOf(stepIndex: number): string {
  return LOAD_QUEUES[stepIndex % LOAD_QUEUES.length]!;
}

/** Every namespace the tool registers begins with this, and it cleans up no other as a whole (R8.1). */
export const NAMESPACE_PREFIX = 'benchmark-';

/** The workflow type that occupies the id of an arrival which never became a workflow (I3c). */
export const TOMBSTONE = 'benchmarkTombstone';

/** The key under which a namespace's data names the run that registered it: the mark of ownership. */
export const OWNER_KEY = 'temporal-benchmark.run';

/**
 * Slug of the workflow id (40 characters at most) + 8 hex of the first execution's run id: new on every start, the
 * same over continue-as-new. The last 8: recent servers give run ids that begin with the time, so that the first 8 are
 * the same for every run started within about a minute.
 */
export function runIdOf(workflowId: string, firstExecutionRunId: string): string {
  const slug = workflowId
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  return `${slug || 'run'}-${firstExecutionRunId.replace(/-/g, '').slice(-8)}`;
}

export function namespaceOf(runId: string): string {
  return `${NAMESPACE_PREFIX}${runId}`;
}

/** The task queue of a run's load workflows in the target namespace; both the generators and the hosts use it. */
export function workloadQueueOf(runId: string): string {
  return `benchmark-${runId}`;
}

/** What a run's load workflows share as the beginning of their ids. */
export function workflowIdPrefix(runId: string): string {
  return `${runId}/`;
}

export interface ArrivalName {
  readonly runId: string;
  /** The step's name, its number on the timeline counted from 1. */
  readonly step: string;
  /** The step's attempt, never the activity's: a successor must meet the ids of the one that died (I3). */
  readonly attempt: number;
  readonly lane: number;
}

export function stepIdPrefix({ runId, step, attempt }: Omit<ArrivalName, 'lane'>): string {
  return `${workflowIdPrefix(runId)}${step}/${attempt}/`;
}

export function arrivalIdPrefix(name: ArrivalName): string {
  return `${stepIdPrefix(name)}${name.lane}/`;
}

/** Where an arrival stands in its step, by its workflow id. Undefined for an id that is none of the step's. */
export function placeInStep(workflowId: string, stepPrefix: string): { lane: number; sequence: number } | undefined {
  const [, lane, sequence] = /^(\d+)\/(\d+)$/.exec(workflowId.slice(stepPrefix.length)) ?? [];
  if (!workflowId.startsWith(stepPrefix) || lane === undefined) return undefined;
  return { lane: Number(lane), sequence: Number(sequence) };
}

/** The child workflow that runs one attempt of a step. */
export function stepWorkflowId(parentId: string, step: string, attempt: number): string {
  return `${parentId}/step-${step}-${attempt}`;
}

export function hostsWorkflowId(parentId: string): string {
  return `${parentId}/hosts`;
}

/** A host's worker identity begins with this, whatever attempt and machine it is on. */
export function hostIdentityPrefix(runId: string, host: number): string {
  return `host-${host}:${runId}:`;
}
