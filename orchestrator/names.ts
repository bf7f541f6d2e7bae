import type { RunRef } from './activity-types';

/** The default control namespace. */
export const CONTROL_NAMESPACE = 'benchmark-control';

/** The task queues of the control namespace, one per role. */
export const CONTROL_QUEUE = 'benchmark-control';
export const LOAD_QUEUE = 'benchmark-load';
export const HOST_QUEUE = 'benchmark-host';

/**
 * The task queues of the generators. Temporal does not balance activities over workers, so slots do it: a generator
 * process polls each queue with exactly one slot, and consecutive steps use different queues. A process therefore never
 * gets two lanes of one step. While one step sends and the next one gets ready, two earlier steps may still wait for their
 * last completions.
 */
export const LOAD_QUEUES = [0, 1, 2, 3].map((slot) => `${LOAD_QUEUE}-${slot}`);

/** Returns the task queue of a step's generators. */
export function loadQueueOf(stepIndex: number): string {
  return LOAD_QUEUES[stepIndex % LOAD_QUEUES.length]!;
}

/** The prefix of every namespace that the tool registers. It never cleans up all workflows of any other namespace (R8.1). */
export const NAMESPACE_PREFIX = 'benchmark-';

/** The workflow type that reserves the id of an arrival that never became a workflow (I3c). */
export const TOMBSTONE = 'benchmarkTombstone';

/** The key in a namespace's data whose value is the id of the run that registered the namespace. */
export const OWNER_KEY = 'temporal-benchmark.run';
/** The key in a namespace's data whose value is when its run was over, in ISO 8601. */
export const ENDED_KEY = 'temporal-benchmark.ended';

/**
 * Returns a slug of the workflow id (at most 40 characters) and the last 8 hexadecimal digits of the first execution's run
 * id. So it differs for every start and stays the same over continue-as-new. Recent servers create run ids that begin with
 * the time, so the first 8 digits would be the same for all runs that start within about a minute.
 */
export function runIdOf(workflowId: string, firstExecutionRunId: string): string {
  const slug = workflowId
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  return `${slug || 'run'}-${firstExecutionRunId.replace(/-/g, '').slice(-8)}`;
}

/** Reports whether a text has the form of a run ID, so that it can be part of a path, a query or a command. */
export function isRunId(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?-[0-9a-f]{8}$/.test(text);
}

/** Reports whether a workflow id has the form of one that a run starts; see {@link arrivalIdPrefix}. */
export function isLoadWorkflowId(workflowId: string, runId: string): boolean {
  const prefix = workflowIdPrefix(runId);
  return workflowId.startsWith(prefix) && /^[^/]+\/\d+\/\d+\/\d+(?:\/|$)/.test(workflowId.slice(prefix.length));
}

export function namespaceOf(runId: string): string {
  return `${NAMESPACE_PREFIX}${runId}`;
}

/** Returns the task queue of a run's load workflows in the target namespace. Generators and hosts both use it; see also {@link laneQueueOf}. */
export function workloadQueueOf(runId: string): string {
  return `benchmark-${runId}`;
}

/**
 * Returns the task queue of the workflows of one lane of a step, if the lane's generator executes them. The
 * process that drives the lane polls it, so every completion is seen by the process that has the lane's account.
 */
export function laneQueueOf(taskQueue: string, step: string, attempt: number, lane: number): string {
  return `${taskQueue}.${step}.${attempt}.${lane}`;
}

/** Returns the common prefix of the workflow ids of a run's load. */
export function workflowIdPrefix(runId: string): string {
  return `${runId}/`;
}

/** Where an arrival belongs; its workflow id is made of this and its sequence. */
export interface ArrivalName {
  readonly runId: string;
  /** The step's name: its number on the timeline, from 1. */
  readonly step: string;
  /** The step's attempt, not the activity's: the next attempt of a dead generator must use the same ids (I3). */
  readonly attempt: number;
  readonly lane: number;
}

export function stepIdPrefix({ runId, step, attempt }: Omit<ArrivalName, 'lane'>): string {
  return `${workflowIdPrefix(runId)}${step}/${attempt}/`;
}

export function arrivalIdPrefix(name: ArrivalName): string {
  return `${stepIdPrefix(name)}${name.lane}/`;
}

/** Returns the lane and sequence in a workflow id; undefined if the id does not belong to the step. */
export function placeInStep(workflowId: string, stepPrefix: string): { lane: number; sequence: number } | undefined {
  const [, lane, sequence] = /^(\d+)\/(\d+)$/.exec(workflowId.slice(stepPrefix.length)) ?? [];
  if (!workflowId.startsWith(stepPrefix) || lane === undefined) return undefined;
  return { lane: Number(lane), sequence: Number(sequence) };
}

/** Returns the id of the child workflow that runs one attempt of a step. */
export function stepWorkflowId(parentId: string, step: string, attempt: number): string {
  return `${parentId}/step-${step}-${attempt}`;
}

/**
 * Returns the id of the workflow that keeps a run's hosts. It contains the run's id, because the hosts of a run that was
 * terminated may still run when another one is started under the same workflow id.
 */
export function hostsWorkflowId({ workflowId, runId }: Pick<RunRef, 'workflowId' | 'runId'>): string {
  return `${workflowId}/hosts-${runId.slice(-8)}`;
}

/** Returns the id that the hosts' workflow of a run had in earlier versions. */
export function legacyHostsWorkflowId(parentId: string): string {
  return `${parentId}/hosts`;
}

/** Returns the prefix of a host's worker identity, which is the same for every attempt and machine. */
export function hostIdentityPrefix(runId: string, host: number): string {
  return `host-${host}:${runId}:`;
}

/** The reason why a lane did nothing: its generator received it after the step had begun. */
export const PICKED_UP_LATE = 'picked up late';
