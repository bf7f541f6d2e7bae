import { getExternalWorkflowHandle, rootCause } from '@temporalio/workflow';
import { kindsOf, type ArrivalKind } from '../load-workflows/kinds';
import { settle, total } from '../measurement/account/ledger';
import type { ServerObservation } from '../measurement/server/target';
import type { StepFacts } from '../report/facts';
import { completedInStep, isCounted, notCompleted } from '../report/steps';
import type { CountWindow } from './activity-types';
import { NAMESPACE_GONE } from './benchmark-types';
import { judgeHold } from './judge';
import { stopHostsSignal } from './messages';
import { hostsWorkflowId } from './names';
import { failureType } from './failure-type';
import { longActivities, shortActivities } from './proxies';
import type { RunState } from './run-state';

/** Reads the hosts' reports while the hosts still run. All generators have returned by now. */
export async function readHosts(state: RunState): Promise<void> {
  if (state.hostsStarted) await state.readHosts();
}

export async function reconcile(state: RunState): Promise<void> {
  if (state.steps.length === 0) return;
  const kinds = kindsOf(state.spec);
  try {
    const found = await longActivities.reconcile({
      run: state.run,
      steps: state.steps.map(({ step, startAtMs, measurement: { ledger, provisional, scheduledByLane } }) => ({
        name: step.name,
        attempt: step.attempt,
        endedAtMs: startAtMs + step.durationMs,
        measurement: { ledger, provisional, scheduledByLane },
      })),
      kinds,
      completionTimeoutMs: state.plan.completionTimeoutMs,
      countWindows: state.steps
        .filter(
          (step) => isCounted(step, state.steps) && (state.plan.observeShare < 1 || mayHaveUnseenCompletions(step)),
        )
        .flatMap((step) => countWindowsOf(step, kinds)),
    });
    state.found.reconciliation = found;
    state.steps.forEach((step, i) => {
      const { settlement, server } = found.steps[i]!;
      state.steps[i] = { ...step, settled: settle(step.measurement.ledger, settlement), server };
    });
  } catch (err) {
    if (failureType(err) === NAMESPACE_GONE) state.found.error ??= rootCause(err);
    else state.notes.push(`the ledger could not be reconciled with the server: ${rootCause(err)}`);
  }
}

/** Samples what a workflow of the load costs the cluster. A failure is noted and does not affect the run. */
export async function sampleWorkload(state: RunState): Promise<void> {
  const holds = state.steps.filter((step) => isCounted(step, state.steps));
  if (holds.length === 0 || state.found.error !== undefined) return;
  const steps = holds.map(({ step: { name, attempt }, measurement: { scheduledByLane } }) => {
    return { name, attempt, scheduledByLane };
  });
  try {
    state.found.workload = await shortActivities.sampleWorkload(state.run, steps);
  } catch (err) {
    state.notes.push(`the cost of the workload is unknown: ${rootCause(err)}`);
  }
}

/**
 * Adds what CloudWatch has about the database in each hold, a few minutes after the load. Does nothing unless the observer
 * of the target has such a source. A failure is noted and does not affect the run.
 */
export async function readDatabase(state: RunState): Promise<void> {
  const holds = state.steps.filter(({ measurement }) => measurement.target?.server.hasLateSource);
  if (holds.length === 0) return;
  try {
    const found = await longActivities.readDatabase(
      holds.map(({ startAtMs, step: { durationMs } }) => ({ startAtMs, durationMs })),
    );
    holds.forEach((hold, i) => {
      state.steps[state.steps.indexOf(hold)] = withReadings(hold, found[i]!);
    });
  } catch (err) {
    state.notes.push(`the metrics of the database are unknown: ${rootCause(err)}`);
  }
}

function withReadings(step: StepFacts, more: Pick<ServerObservation, 'readings' | 'unknown'>): StepFacts {
  const target = step.measurement.target!;
  const { endpoints, readings, unknown } = target.server;
  const server = {
    endpoints: endpoints + 1,
    readings: [...readings, ...more.readings],
    unknown: [...(endpoints === 0 ? [] : unknown), ...more.unknown],
  };
  return { ...step, measurement: { ...step.measurement, target: { ...target, server } } };
}

/** Returns whether generators may have missed completions: of starts without an answer, or of samples that were lost. */
function mayHaveUnseenCompletions({ measurement: { ledger, observation } }: StepFacts): boolean {
  return ledger.recovered + ledger.inDoubt + total(ledger.unknown) + observation.lost > 0;
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

/** Judges every hold again, with the reconciled ledger. */
export async function judgeAll(state: RunState): Promise<void> {
  const facts = state.facts();
  for (const [i, step] of state.steps.entries()) {
    if (!isCounted(step, state.steps) || step.step.thresholds === undefined) continue;
    const completed = completedInStep(step.step.index, facts);
    const judgement = await judgeHold(state, step, completed, notCompleted(step));
    state.steps[i] = { ...step, ...judgement };
  }
}

export async function cleanUp(state: RunState): Promise<void> {
  if (state.hostsStarted) {
    const hosts = hostsWorkflowId(state.run.workflowId);
    await getExternalWorkflowHandle(hosts)
      .signal(stopHostsSignal)
      .then(() => longActivities.awaitHostsEnded(hosts))
      .catch((err: unknown) => state.notes.push(`a host failed to stop: ${rootCause(err)}`));
  }
  if (state.health === undefined) return;
  try {
    state.found.cleanup = await longActivities.cleanUp(state.run, state.spec.deleteNamespace);
  } catch (err) {
    state.found.cleanup = {
      complete: false,
      terminated: 0,
      stillRunning: null,
      namespaceDeleted: false,
      warnings: [`cleanup failed: ${rootCause(err)}`],
      commands: [`benchmark cleanup ${state.run.namespace}`],
    };
  }
}
