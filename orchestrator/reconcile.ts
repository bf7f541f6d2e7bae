import { rootCause } from '@temporalio/workflow';
import { kindsOf, type ArrivalKind } from '../load-workflows/kinds';
import { settle, total } from '../measurement/account/ledger';
import { joinReconciliations } from '../report/reconciliation';
import type { StepFacts } from '../report/facts';
import { isCounted } from '../report/steps';
import type { CountWindow, Reconciliation, ReconcileInput } from './activity-types';
import { NAMESPACE_GONE } from './benchmark-types';
import { failureType } from './failure-type';
import { PICKED_UP_LATE } from './names';
import { longActivities } from './proxies';
import type { RunState } from './run-state';
import { untilTold } from './until-told';

/** The waits of an aborted run, whose report must not depend on how long its workflows take. Milliseconds. */
const ABORTED = { completionTimeoutMs: 5000, visibilityTimeoutMs: 15_000 };

/** Settles the ledger of each step with the server. A failure is noted, or ends the run if its namespace is gone. */
export async function reconcile(state: RunState): Promise<void> {
  const steps = state.steps.filter(({ server }) => server === undefined);
  if (steps.length === 0) return;
  try {
    const found = await reconcileUntilAborted(state, inputOf(state, steps));
    state.found.reconciliation = joinReconciliations(state.found.reconciliation, found);
    if (found.unlisted !== undefined) state.notes.push(describeLag(found.unlisted, found.visibilityWaitMs));
    steps.forEach((step, i) => {
      const { settlement, server } = found.steps[i]!;
      const settled = settle(step.measurement.ledger, settlement);
      state.steps[state.steps.indexOf(step)] = { ...step, settled, server };
    });
  } catch (err) {
    if (failureType(err) === NAMESPACE_GONE) state.found.error ??= rootCause(err);
    else state.notes.push(`the ledger could not be reconciled with the server: ${rootCause(err)}`);
  }
}

function describeLag(unlisted: number, waitedMs: number): string {
  return `the visibility of the server lags behind: after ${Math.round(waitedMs / 1000)} s of waiting it still lacked ${unlisted} workflows, which were found by their IDs`;
}

/** Reconciles. If the run is aborted meanwhile, begins again with short waits. */
async function reconcileUntilAborted(state: RunState, input: ReconcileInput): Promise<Reconciliation> {
  const isAborted = () => state.found.abortReason !== undefined;
  const short = {
    ...input,
    ...ABORTED,
    completionTimeoutMs: Math.min(input.completionTimeoutMs, ABORTED.completionTimeoutMs),
  };
  const patient = isAborted() ? undefined : await untilTold(isAborted, () => longActivities.reconcile(input));
  return patient ?? (await longActivities.reconcile(short));
}

function inputOf(state: RunState, steps: readonly StepFacts[]): ReconcileInput {
  const kinds = kindsOf(state.spec);
  return {
    run: state.run,
    steps: steps.map(({ step, startAtMs, measurement: { ledger, provisional, scheduledByLane } }) => ({
      name: step.name,
      attempt: step.attempt,
      // All generators have returned. A step that was cut short has ended before its planned end.
      endedAtMs: Math.min(startAtMs + step.durationMs, Date.now()),
      measurement: { ledger, provisional, scheduledByLane },
    })),
    kinds,
    completionTimeoutMs: state.plan.completionTimeoutMs,
    countWindows: steps
      .filter(
        (step) =>
          isCounted(step, state.steps) &&
          ((step.step.observeShare ?? state.plan.observeShare) < 1 ||
            mayHaveUnseenCompletions(step) ||
            followsShift(step, state.steps)),
      )
      .flatMap((step) => countWindowsOf(step, kinds)),
  };
}

/** Returns whether generators may have missed completions: of starts without an answer, or of samples that were lost. */
function mayHaveUnseenCompletions({ measurement: { ledger, observation } }: StepFacts): boolean {
  return ledger.recovered + ledger.inDoubt + total(ledger.unknown) + observation.lost > 0;
}

/**
 * Returns whether the timeline was shifted before a step. Steps that were draining then do not know the new timeline, so
 * they book completions in the time of this step for the one that was late.
 */
function followsShift({ step }: StepFacts, all: readonly StepFacts[]): boolean {
  return all.some(({ step: other, measurement }) => {
    return other.index < step.index && measurement.cutShort === PICKED_UP_LATE;
  });
}

/** Returns the windows in which the completions of a hold fall: the hold's time plus what its workflows wait by design. */
function countWindowsOf({ step, startAtMs }: StepFacts, kinds: readonly ArrivalKind[]): CountWindow[] {
  const waits = [...new Set(kinds.map(({ waitingMs }) => waitingMs))];
  return waits.map((waitingMs) => {
    const fromMs = startAtMs + waitingMs;
    const window = { stepIndex: step.index, fromMs, toMs: fromMs + step.durationMs };
    if (waits.length === 1) return window;
    const sameWait = kinds.filter((kind) => kind.waitingMs === waitingMs);
    return { ...window, workflowTypes: [...new Set(sameWait.map(({ workflowType }) => workflowType))] };
  });
}
