import { durationMs } from '../spec/duration';
import type { BenchmarkSpec, WorkloadName } from '../spec/parse';
import type { ChildWorkflowInput } from './child-workflow';
import type { MultiActivityInput } from './multi-activity';
import type { TimerInput } from './timer';

/** The fields of a spec that shape what one arrival starts. */
export type WorkloadSpec = Pick<
  BenchmarkSpec,
  'workload' | 'activityCount' | 'activityConcurrency' | 'timerDuration' | 'childCount'
>;

/** What is known of a workload before it runs. */
export interface Workload {
  /** The type of its workflow, as registered with the workers. */
  readonly workflowType: string;
  /** What its workflow is started with. */
  readonly input: (spec: WorkloadSpec) => readonly unknown[];
  /** What it waits for by itself, milliseconds: latency that is not the server's doing. */
  readonly waitingMs: (spec: WorkloadSpec) => number;
  /** Events in one workflow's history, by type. Types whose number depends on timing are left out. */
  readonly events: (spec: WorkloadSpec) => Readonly<Record<string, number>>;
}

const none = () => 0;

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

/** Every workload of ours: one file, one entry here, parameters in the spec's table, and a test of real histories. */
export const catalog: Readonly<Record<WorkloadName, Workload>> = {
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
};
