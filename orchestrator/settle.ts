import { getExternalWorkflowHandle, patched, rootCause } from '@temporalio/workflow';
import type { ServerObservation } from '../measurement/server/target';
import type { StepFacts } from '../report/facts';
import { completedInStep, isCounted, notCompleted } from '../report/steps';
import { judgeHold } from './judge';
import { stopHostsSignal } from './messages';
import { longActivities, shortActivities } from './proxies';
import type { RunState } from './run-state';
import { untilTold } from './until-told';

/** Reads the hosts' reports while the hosts still run. All generators have returned by now. */
export async function readHosts(state: RunState): Promise<void> {
  if (state.hostsWorkflow !== undefined) await state.readHosts();
}

/** Samples what a workflow of the load costs the cluster. A failure is noted and does not affect the run. */
export async function sampleWorkload(state: RunState): Promise<void> {
  const counted = state.steps.filter((step) => isCounted(step, state.steps));
  // The trials that a cluster did not hold would show how long its tasks waited, not what a workflow costs.
  const good = state.search?.goodHolds;
  const holds = good === undefined ? counted : counted.filter(({ step }) => good.includes(step.name));
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
  // It takes minutes, and an aborted run reports at once.
  if (holds.length === 0 || state.found.abortReason !== undefined) return;
  try {
    const times = holds.map(({ startAtMs, step: { durationMs } }) => ({ startAtMs, durationMs }));
    // Everything else has been measured, so the run is not an aborted one.
    const isTold = () => state.isToldToEnd && patched('end-wait-for-database');
    const found = await untilTold(isTold, () => longActivities.readDatabase(times));
    if (found === undefined) {
      state.notes.push('the metrics of the database are unknown: the wait for them was ended');
      return;
    }
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
  const hosts = state.hostsWorkflow;
  if (hosts !== undefined) {
    await getExternalWorkflowHandle(hosts)
      .signal(stopHostsSignal)
      .then(() => longActivities.awaitHostsEnded(hosts))
      .catch((err: unknown) => state.notes.push(`a host failed to stop: ${rootCause(err)}`));
  }
  if (state.health === undefined) return;
  try {
    state.found.cleanup = await longActivities.cleanUp(
      state.run,
      state.spec.deleteNamespace,
      state.found.abortReason !== undefined,
    );
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
