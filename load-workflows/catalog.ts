import { durationMs } from '../spec/duration';
import type { BenchmarkSpec, WorkloadName } from '../spec/parse';
import { parsePayloadSize, type PayloadSize } from '../spec/payload-size';
import type { ChildWorkflowInput } from './child-workflow';
import type { ContinueAsNewInput } from './continue-as-new';
import type { IdleInput } from './idle';
import type { LocalActivitiesInput } from './local-activities';
import type { MessagesInput } from './messages';
import type { MultiActivityInput } from './multi-activity';
import type { RetryInput } from './retry';
import type { TimerInput } from './timer';

/** The fields of a spec that determine what one arrival starts. */
export type WorkloadSpec = Pick<
  BenchmarkSpec,
  | 'workload'
  | 'activityCount'
  | 'activityConcurrency'
  | 'timerDuration'
  | 'childCount'
  | 'messages'
  | 'failures'
  | 'chainLength'
  | 'payloadSize'
  | 'idleDuration'
  | 'externalType'
  | 'externalInput'
>;

/** Every workload except `mix`, which consists of others. */
export type SingleWorkload = Exclude<WorkloadName, 'mix'>;

/** The properties of a workload that are known before it runs. */
export interface Workload {
  /** The workflow type that the workers register. */
  readonly workflowType: string | ((spec: WorkloadSpec) => string);
  /** Returns the arguments of the workflow. */
  readonly input: (spec: WorkloadSpec) => readonly unknown[];
  /** Returns how the input differs per arrival; it replaces `input`. */
  readonly varies?: (spec: WorkloadSpec) => VaryingInput | undefined;
  /** Returns the messages that the workflow is sent after its start. */
  readonly messages?: (spec: WorkloadSpec) => Messages;
  /** Returns how long the workflow waits by design, milliseconds. The server does not cause this part of the latency. */
  readonly waitingMs: (spec: WorkloadSpec) => number;
  /** Returns the number of events in one workflow's history by type, without types whose number depends on timing. */
  readonly events: (spec: WorkloadSpec) => Readonly<Record<string, number>>;
}

/** Messages from a generator to a workflow that it has started, sent one after another. */
export interface Messages {
  readonly kind: 'signal' | 'update' | 'update-with-start' | 'query';
  readonly count: number;
}

export type VaryingInput =
  | { readonly kind: 'payload'; readonly size: PayloadSize }
  /** JSON with placeholders for the arrival's index and workflow id. */
  | { readonly kind: 'template'; readonly json: string };

const noWait = () => 0;
/** The pause before a retry is at least a second, because of the resolution of the server's timers. */
const RETRY_MS = 1000;
/** The server starts the executions of a chain at least this far apart (`history.workflowIdReuseMinimalInterval`). */
const CHAIN_MS = 1000;

/** The activities of a `state-transitions` workflow (R1.5). */
const STATE_TRANSITION_ACTIVITIES = 10;

/** Each workflow task has three events. */
function workflowTasks(n: number) {
  return { WorkflowTaskScheduled: n, WorkflowTaskStarted: n, WorkflowTaskCompleted: n };
}

/** Every workflow that completes has these two events. */
const startAndCompletion = { WorkflowExecutionStarted: 1, WorkflowExecutionCompleted: 1 };

function activities(n: number, atOnce: number) {
  const each = { ActivityTaskScheduled: n, ActivityTaskStarted: n, ActivityTaskCompleted: n };
  // The results of concurrent activities may share a workflow task, so the number of workflow tasks varies.
  return { ...startAndCompletion, ...each, ...(atOnce === 1 ? workflowTasks(n + 1) : {}) };
}

/** Returns a workload that waits for messages. Its number of workflow tasks depends on when the messages arrive. */
function messages(
  kind: Messages['kind'],
  workflowType: string,
  events: (n: number) => Record<string, number>,
): Workload {
  return {
    workflowType,
    input: ({ messages: n }) => [{ messages: n } satisfies MessagesInput],
    messages: ({ messages: count }) => ({ kind, count }),
    waitingMs: noWait,
    events: ({ messages: n }) => ({ ...startAndCompletion, ...events(n) }),
  };
}

const updates = (n: number) => ({ WorkflowExecutionUpdateAccepted: n, WorkflowExecutionUpdateCompleted: n });

/** Returns the workflow type that an arrival of a workload starts. */
export function workflowTypeOf(workload: SingleWorkload, spec: WorkloadSpec): string {
  const { workflowType } = catalog[workload];
  return typeof workflowType === 'string' ? workflowType : workflowType(spec);
}

/**
 * All workloads. A workload consists of a file in this folder, an entry here, its parameters in the spec's table, and a
 * test of real histories (tests/e2e/workloads).
 */
export const catalog: Readonly<Record<SingleWorkload, Workload>> = {
  simple: {
    workflowType: 'simple',
    input: () => [],
    waitingMs: noWait,
    events: () => ({ ...startAndCompletion, ...workflowTasks(1) }),
  },
  'multi-activity': {
    workflowType: 'multiActivity',
    input: ({ activityCount, activityConcurrency }) => [
      { activities: activityCount, atOnce: activityConcurrency } satisfies MultiActivityInput,
    ],
    waitingMs: noWait,
    events: ({ activityCount, activityConcurrency }) => activities(activityCount, activityConcurrency),
  },
  timer: {
    workflowType: 'timer',
    input: ({ timerDuration }) => [{ durationMs: durationMs(timerDuration) } satisfies TimerInput],
    waitingMs: ({ timerDuration }) => durationMs(timerDuration),
    events: () => ({ ...startAndCompletion, ...workflowTasks(2), TimerStarted: 1, TimerFired: 1 }),
  },
  'child-workflow': {
    workflowType: 'childWorkflow',
    input: ({ childCount }) => [{ children: childCount } satisfies ChildWorkflowInput],
    waitingMs: noWait,
    events: ({ childCount }) => ({
      ...startAndCompletion,
      StartChildWorkflowExecutionInitiated: childCount,
      ChildWorkflowExecutionStarted: childCount,
      ChildWorkflowExecutionCompleted: childCount,
    }),
  },
  'state-transitions': {
    workflowType: 'stateTransitions',
    input: () => [{ activities: STATE_TRANSITION_ACTIVITIES, atOnce: 1 } satisfies MultiActivityInput],
    waitingMs: noWait,
    events: () => activities(STATE_TRANSITION_ACTIVITIES, 1),
  },
  'local-activities': {
    workflowType: 'localActivities',
    input: ({ activityCount }) => [{ activities: activityCount } satisfies LocalActivitiesInput],
    waitingMs: noWait,
    events: ({ activityCount }) => ({ ...startAndCompletion, MarkerRecorded: activityCount }),
  },
  retry: {
    workflowType: 'retry',
    input: ({ failures }) => [{ failures } satisfies RetryInput],
    // The server's timers fire up to a second late.
    waitingMs: ({ failures }) => RETRY_MS * failures,
    // Failed attempts leave no events; the started event of the last attempt contains the attempt's number.
    events: () => activities(1, 1),
  },
  'continue-as-new': {
    workflowType: 'continuing',
    input: ({ chainLength }) => [{ runs: chainLength } satisfies ContinueAsNewInput],
    waitingMs: ({ chainLength }) => CHAIN_MS * (chainLength - 1),
    // The events of the last run of the chain.
    events: () => ({ ...startAndCompletion, ...workflowTasks(1) }),
  },
  payload: {
    workflowType: 'payload',
    input: () => [],
    varies: ({ payloadSize }) => ({ kind: 'payload', size: parsePayloadSize(payloadSize)! }),
    waitingMs: noWait,
    events: () => activities(1, 1),
  },
  idle: {
    workflowType: 'idle',
    input: ({ idleDuration }) => [{ durationMs: durationMs(idleDuration) } satisfies IdleInput],
    waitingMs: ({ idleDuration }) => durationMs(idleDuration),
    events: () => activities(1, 1),
  },
  signal: messages('signal', 'signalled', (n) => ({ WorkflowExecutionSignaled: n })),
  update: messages('update', 'updated', updates),
  'update-with-start': messages('update-with-start', 'updated', updates),
  // Queries leave no events. The signal that ends the workflow does.
  query: messages('query', 'queried', () => ({ WorkflowExecutionSignaled: 1 })),
  external: {
    workflowType: ({ externalType }) => externalType ?? '',
    input: () => [],
    varies: ({ externalInput }) =>
      externalInput === undefined ? undefined : { kind: 'template', json: externalInput },
    waitingMs: noWait,
    // Its events are not known: the workflow belongs to the user.
    events: () => ({}),
  },
};
