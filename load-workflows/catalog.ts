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

/** The fields of a spec that shape what one arrival starts. */
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

/** Every workload but the mix, which is made of others. */
export type SingleWorkload = Exclude<WorkloadName, 'mix'>;

/** What is known of a workload before it runs. */
export interface Workload {
  /** The type of its workflow, as registered with the workers. */
  readonly workflowType: string | ((spec: WorkloadSpec) => string);
  /** What its workflow is started with. */
  readonly input: (spec: WorkloadSpec) => readonly unknown[];
  /** How the input differs from arrival to arrival; it replaces `input`. */
  readonly varies?: (spec: WorkloadSpec) => VaryingInput | undefined;
  /** What it is sent once it has been started. */
  readonly messages?: (spec: WorkloadSpec) => Messages;
  /** What it waits for by itself, milliseconds: latency that is not the server's doing. */
  readonly waitingMs: (spec: WorkloadSpec) => number;
  /** Events in one workflow's history, by type. Types whose number depends on timing are left out. */
  readonly events: (spec: WorkloadSpec) => Readonly<Record<string, number>>;
}

/** Messages of a generator to a workflow it has started, one after another. */
export interface Messages {
  readonly kind: 'signal' | 'update' | 'update-with-start' | 'query';
  readonly count: number;
}

export type VaryingInput =
  | { readonly kind: 'payload'; readonly size: PayloadSize }
  /** JSON with placeholders for the arrival's index and id. */
  | { readonly kind: 'template'; readonly json: string };

const none = () => 0;
/** About the pause before a retry, which the server's timers make at least a second. */
const RETRY_MS = 1000;

/** R1.5. */
const STATE_TRANSITION_ACTIVITIES = 10;

/** Workflow tasks come in threes: scheduled, started, completed. */
function workflowTasks(n: number) {
  return { WorkflowTaskScheduled: n, WorkflowTaskStarted: n, WorkflowTaskCompleted: n };
}

const once = { WorkflowExecutionStarted: 1, WorkflowExecutionCompleted: 1 };

function activities(n: number, atOnce: number) {
  const each = { ActivityTaskScheduled: n, ActivityTaskStarted: n, ActivityTaskCompleted: n };
  // Several at once may come back within one workflow task or in many.
  return { ...once, ...each, ...(atOnce === 1 ? workflowTasks(n + 1) : {}) };
}

/** A workflow that waits for messages; how many workflow tasks it takes depends on when they come. */
function messages(
  kind: Messages['kind'],
  workflowType: string,
  events: (n: number) => Record<string, number>,
): Workload {
  return {
    workflowType,
    input: ({ messages: n }) => [{ messages: n } satisfies MessagesInput],
    messages: ({ messages: count }) => ({ kind, count }),
    waitingMs: none,
    events: ({ messages: n }) => ({ ...once, ...events(n) }),
  };
}

const updates = (n: number) => ({ WorkflowExecutionUpdateAccepted: n, WorkflowExecutionUpdateCompleted: n });

/** The type of the workflow that an arrival of a workload starts. */
export function workflowTypeOf(workload: SingleWorkload, spec: WorkloadSpec): string {
  const { workflowType } = catalog[workload];
  return typeof workflowType === 'string' ? workflowType : workflowType(spec);
}

/** Every workload of ours: one file, one entry here, parameters in the spec's table, and a test of real histories. */
export const catalog: Readonly<Record<SingleWorkload, Workload>> = {
  simple: {
    workflowType: 'simple',
    input: () => [],
    waitingMs: none,
    events: () => ({ ...once, ...workflowTasks(1) }),
  },
  'multi-activity': {
    workflowType: 'multiActivity',
    input: ({ activityCount, activityConcurrency }) => [
      { activities: activityCount, atOnce: activityConcurrency } satisfies MultiActivityInput,
    ],
    waitingMs: none,
    events: ({ activityCount, activityConcurrency }) => activities(activityCount, activityConcurrency),
  },
  timer: {
    workflowType: 'timer',
    input: ({ timerDuration }) => [{ durationMs: durationMs(timerDuration) } satisfies TimerInput],
    waitingMs: ({ timerDuration }) => durationMs(timerDuration),
    events: () => ({ ...once, ...workflowTasks(2), TimerStarted: 1, TimerFired: 1 }),
  },
  'child-workflow': {
    workflowType: 'childWorkflow',
    input: ({ childCount }) => [{ children: childCount } satisfies ChildWorkflowInput],
    waitingMs: none,
    events: ({ childCount }) => ({
      ...once,
      StartChildWorkflowExecutionInitiated: childCount,
      ChildWorkflowExecutionStarted: childCount,
      ChildWorkflowExecutionCompleted: childCount,
    }),
  },
  'state-transitions': {
    workflowType: 'stateTransitions',
    input: () => [{ activities: STATE_TRANSITION_ACTIVITIES, atOnce: 1 } satisfies MultiActivityInput],
    waitingMs: none,
    events: () => activities(STATE_TRANSITION_ACTIVITIES, 1),
  },
  'local-activities': {
    workflowType: 'localActivities',
    input: ({ activityCount }) => [{ activities: activityCount } satisfies LocalActivitiesInput],
    waitingMs: none,
    events: ({ activityCount }) => ({ ...once, MarkerRecorded: activityCount }),
  },
  retry: {
    workflowType: 'retry',
    input: ({ failures }) => [{ failures } satisfies RetryInput],
    // The server fires its timers up to a second late.
    waitingMs: ({ failures }) => 2 * RETRY_MS * failures,
    // Attempts that failed leave no event: the one that succeeded says which it was.
    events: () => activities(1, 1),
  },
  'continue-as-new': {
    workflowType: 'continuing',
    input: ({ chainLength }) => [{ runs: chainLength } satisfies ContinueAsNewInput],
    waitingMs: none,
    // Of the last execution of the chain.
    events: () => ({ ...once, ...workflowTasks(1) }),
  },
  payload: {
    workflowType: 'payload',
    input: () => [],
    varies: ({ payloadSize }) => ({ kind: 'payload', size: parsePayloadSize(payloadSize)! }),
    waitingMs: none,
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
  // Queries leave nothing in a history; the signal that ends it does.
  query: messages('query', 'queried', () => ({ WorkflowExecutionSignaled: 1 })),
  external: {
    workflowType: ({ externalType }) => externalType ?? '',
    input: () => [],
    varies: ({ externalInput }) =>
      externalInput === undefined ? undefined : { kind: 'template', json: externalInput },
    waitingMs: none,
    // What it does is its owner's business.
    events: () => ({}),
  },
};
