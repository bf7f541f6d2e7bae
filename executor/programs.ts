import type { ChildWorkflowInput } from '../load-workflows/child-workflow';
import type { ContinueAsNewInput } from '../load-workflows/continue-as-new';
import type { IdleInput } from '../load-workflows/idle';
import type { LocalActivitiesInput } from '../load-workflows/local-activities';
import type { MessagesInput } from '../load-workflows/messages';
import type { MultiActivityInput } from '../load-workflows/multi-activity';
import type { RetryInput } from '../load-workflows/retry';
import type { TimerInput } from '../load-workflows/timer';
import { durationOf, type Commands } from './commands';
import type { RunHistory } from './history';
import { encodePayloads } from './payloads';

/** How a run closes with a workflow task; `continued` if another run of the same workflow follows. */
export type Closing = 'completed' | 'failed' | 'canceled' | 'continued';

/** What a workflow task is completed with. */
export interface Decision {
  readonly commands: readonly Uint8Array[];
  readonly closes?: Closing;
}

/**
 * One built-in workload: from what its history says it decides on the commands that are due and not yet recorded. What
 * it decides is what load-workflows/ would do in the SDK; a test compares the histories of both.
 */
export type Program = (run: RunHistory, commands: Commands) => Decision;

const MINUTE = { startToCloseTimeout: durationOf(60_000) };
const IDLE = { startToCloseTimeout: durationOf(7_200_000), heartbeatTimeout: durationOf(10_000) };
const RETRIED = { ...MINUTE, retryPolicy: { initialInterval: durationOf(1000), backoffCoefficient: 1 } };

const WAIT: Decision = { commands: [] };

function completed(commands: Commands, result?: Uint8Array): Decision {
  return { commands: [commands.complete(result)], closes: 'completed' };
}

const multiActivity: Program = (run, commands) => {
  const { activities, atOnce } = run.argument<MultiActivityInput>();
  const { activitiesScheduled: scheduled, activitiesCompleted } = run;
  if (activitiesCompleted >= activities) return completed(commands);
  const due = Math.min(activities - scheduled, atOnce - (scheduled - activitiesCompleted));
  return {
    commands: Array.from({ length: Math.max(0, due) }, (_, i) =>
      commands.scheduleActivity('noop', MINUTE, scheduled + i, undefined, i),
    ),
  };
};

/** A workflow of one activity. */
function oneActivity(schedule: (run: RunHistory, commands: Commands) => Uint8Array): Program {
  return (run, commands) => {
    if (run.activitiesCompleted > 0) return completed(commands);
    return run.activitiesScheduled > 0 ? WAIT : { commands: [schedule(run, commands)] };
  };
}

/** The programs by workflow type: those of load-workflows/workflows.ts. */
export const programs: Readonly<Record<string, Program>> = {
  simple: (_run, commands) => completed(commands),
  multiActivity,
  stateTransitions: multiActivity,
  timer: (run, commands) => {
    if (run.timersFired > 0) return completed(commands);
    const { durationMs } = run.argument<TimerInput>();
    return run.timersStarted > 0 ? WAIT : { commands: [commands.startTimer(0, Math.max(1, durationMs))] };
  },
  childWorkflow: (run, commands) => {
    const { children } = run.argument<ChildWorkflowInput>();
    if (run.childrenCompleted >= children) return completed(commands);
    const missing = children - run.childrenInitiated;
    return { commands: Array.from({ length: missing }, () => commands.startChild('simple')) };
  },
  localActivities: (run, commands) => {
    const { activities } = run.argument<LocalActivitiesInput>();
    const now = Date.now();
    const markers = Array.from({ length: activities - run.markers }, (_, i) =>
      commands.localActivityMarker(run.markers + i, 'noop', now),
    );
    return { commands: [...markers, commands.complete()], closes: 'completed' };
  },
  retry: oneActivity((run, commands) => {
    const { failures } = run.argument<RetryInput>();
    return commands.scheduleActivity('failUntil', RETRIED, 0, encodePayloads(failures + 1));
  }),
  continuing: (run, commands) => {
    const { runs } = run.argument<ContinueAsNewInput>();
    if (runs <= 1) return completed(commands);
    return { commands: [commands.continueAsNew('continuing', { runs: runs - 1 })], closes: 'continued' };
  },
  payload: (run, commands) => {
    if (run.activitiesCompleted > 0) return completed(commands, run.lastResult);
    if (run.activitiesScheduled > 0) return WAIT;
    return { commands: [commands.scheduleActivity('echo', MINUTE, 0, run.input)] };
  },
  idle: oneActivity((run, commands) => {
    const { durationMs } = run.argument<IdleInput>();
    return commands.scheduleActivity('wait', IDLE, 0, encodePayloads(durationMs));
  }),
  signalled: (run, commands) => (run.signals >= run.argument<MessagesInput>().messages ? completed(commands) : WAIT),
  updated: (run, commands) => (run.updates >= run.argument<MessagesInput>().messages ? completed(commands) : WAIT),
  queried: (run, commands) => (run.signals > 0 ? completed(commands) : WAIT),
};

/** Decides for a run, whatever its program: what is canceled or has failed ends. */
export function decide(program: Program, run: RunHistory, commands: Commands): Decision {
  if (run.cancelRequested) return { commands: [commands.cancelWorkflow()], closes: 'canceled' };
  if (run.failure !== undefined) return { commands: [commands.fail(run.failure)], closes: 'failed' };
  return program(run, commands);
}
