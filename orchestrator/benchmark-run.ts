import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  rootCause,
  setCurrentDetails,
  startChild,
  upsertMemo,
} from '@temporalio/workflow';
import { kindsOf, type ArrivalKind } from '../load-workflows/kinds';
import { settle, total } from '../measurement/account/ledger';
import { resultOf } from '../report/result';
import { completedInStep, isCounted, notCompleted } from '../report/steps';
import type { StepFacts } from '../report/facts';
import type { BenchmarkResult } from '../report/result-schema';
import { durationMs } from '../spec/duration';
import { parseSpec, type BenchmarkSpec, type SpecInput } from '../spec/parse';
import { describeProblems } from '../spec/problems';
import { BAD_SPEC, MISCONFIGURED, NAMESPACE_GONE, RUN_FAILED } from './benchmark-types';
import type { Carried } from './carried';
import type { CountWindow } from './activity-types';
import { summaryOf } from './details';
import { Hosts } from './hosts';
import { runLoad } from './load';
import { PHASES, stopHostsSignal, type Phase } from './messages';
import { judgeHold } from './judge';
import { hostsWorkflowId } from './names';
import { shortActivities, longActivities } from './proxies';
import { RunState } from './run-state';

/** Runs one benchmark of a Temporal cluster, phase by phase. After a failure or a cancellation it still cleans up and reports. */
export async function BenchmarkRun(input?: SpecInput, carried?: Carried): Promise<BenchmarkResult> {
  const state = new RunState(parseInput(input), carried);
  const measurement = new CancellationScope();
  state.setHandlers(() => measurement.cancel());
  upsertMemo({ runId: state.run.runId, namespace: state.run.namespace });

  await measure(state, measurement, async () => {
    await phase(state, 'health', checkHealth);
    await phase(state, 'namespace', prepareNamespace);
    await phase(state, 'system', describeSystem);
    await phase(state, 'hosts', startHosts);
    await phase(state, 'load', runLoad);
  });
  if (state.pausedForNewHistory) await continueRunAsNew(state, input);
  return await CancellationScope.nonCancellable(async () => {
    await phase(state, 'drain', readHosts);
    await phase(state, 'reconcile', reconcile);
    await phase(state, 'sample', sampleWorkload);
    await phase(state, 'verdict', judgeAll);
    await phase(state, 'cleanup', cleanUp);
    state.enter('report');
    return report(state);
  });
}

function parseInput(input: SpecInput | undefined): BenchmarkSpec {
  const parsed = parseSpec(input);
  if (parsed.ok) return parsed.spec;
  throw ApplicationFailure.nonRetryable(describeProblems(parsed.problems), BAD_SPEC, parsed.problems);
}

/** Runs one phase. An execution that continues an earlier one skips the phases before the load. */
async function phase<T>(state: RunState, name: Phase, work: (state: RunState) => Promise<T>): Promise<T | undefined> {
  if (state.carried && PHASES.indexOf(name) < PHASES.indexOf('load')) return undefined;
  state.enter(name);
  return await work(state);
}

/** Runs the measuring phases. Records their failure or cancellation in the run's findings and does not throw it. */
async function measure(state: RunState, scope: CancellationScope, work: () => Promise<void>): Promise<void> {
  try {
    await scope.run(work);
    // A canceled step returns what it has measured, so a cancellation does not always cause an error.
    if (scope.consideredCancelled) state.found.abortReason ??= 'canceled';
  } catch (err) {
    if (isCancellation(err)) state.found.abortReason ??= 'canceled';
    else {
      state.found.error = rootCause(err) ?? String(err);
      state.found.misconfigured = MISCONFIGURED.some((type) => type === failureType(err));
    }
  }
}

/**
 * Continues the run as new, between two iterations: no step is open, and every message is answered first. Returns if the
 * run was aborted in the meantime.
 */
async function continueRunAsNew(state: RunState, input: SpecInput | undefined): Promise<void> {
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  if (CancellationScope.current().consideredCancelled) state.found.abortReason ??= 'canceled';
  if (state.found.abortReason === undefined) await continueAsNew<typeof BenchmarkRun>(input, state.carry());
}

/** Returns the type of the root cause, which child workflow and activity failures wrap. */
function failureType(err: unknown): string | undefined {
  if (err instanceof ApplicationFailure) return err.type ?? undefined;
  return err instanceof Error && err.cause !== undefined ? failureType(err.cause) : undefined;
}

async function checkHealth(state: RunState): Promise<void> {
  state.health = await shortActivities.checkHealth(state.run.targetProfile);
}

async function prepareNamespace(state: RunState): Promise<void> {
  const longestMs = state.plan.durationMs * state.spec.stepAttempts + state.plan.completionTimeoutMs;
  await shortActivities.prepareNamespace(state.run, durationMs(state.spec.retention), longestMs);
}

async function describeSystem(state: RunState): Promise<void> {
  state.found.system = await shortActivities.describeSystem(state.run);
}

/** Starts the hosts, or waits for the workers of the spec. Hosts survive continue-as-new and cancellation; cleanUp ends them. */
async function startHosts(state: RunState): Promise<void> {
  const { run, spec, plan } = state;
  if (spec.generatorOnly || spec.workload === 'external') {
    await Promise.all([shortActivities.awaitPollers(run), shortActivities.requireFreeGenerators(plan.lanes)]);
    return;
  }
  const workflowId = hostsWorkflowId(run.workflowId);
  await CancellationScope.nonCancellable(() =>
    startChild(Hosts, {
      workflowId,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowExecutionTimeout: plan.durationMs * spec.stepAttempts * 2 + plan.completionTimeoutMs * 2 + 3_600_000,
      staticSummary: `${spec.hosts} host(s) for ${run.runId}`,
      args: [{ run, hosts: spec.hosts, slots: spec.hostSlots, pollers: spec.hostPollers }],
    }),
  );
  state.hostsStarted = true;
  await Promise.all([
    shortActivities.awaitHosts(run, spec.hosts, workflowId),
    shortActivities.requireFreeGenerators(plan.lanes),
  ]);
}

/** Reads the hosts' reports while the hosts still run. All generators have returned by now. */
async function readHosts(state: RunState): Promise<void> {
  if (state.hostsStarted) await state.readHosts();
}

async function reconcile(state: RunState): Promise<void> {
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
async function sampleWorkload(state: RunState): Promise<void> {
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

/** Returns whether generators may have missed completions of a step, because they did not know that the starts succeeded. */
function mayHaveUnseenCompletions({ measurement: { ledger } }: StepFacts): boolean {
  return ledger.recovered + ledger.inDoubt + total(ledger.unknown) > 0;
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
async function judgeAll(state: RunState): Promise<void> {
  const facts = state.facts();
  for (const [i, step] of state.steps.entries()) {
    if (!isCounted(step, state.steps) || step.step.thresholds === undefined) continue;
    const completed = completedInStep(step.step.index, facts);
    const judgement = await judgeHold(state, step, completed, notCompleted(step));
    state.steps[i] = { ...step, ...judgement };
  }
}

async function cleanUp(state: RunState): Promise<void> {
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

function report(state: RunState): BenchmarkResult {
  const result = resultOf(state.facts());
  state.enter('done');
  setCurrentDetails(summaryOf(result));
  if (state.found.error === undefined) return result;
  throw ApplicationFailure.create({
    message: state.found.error,
    type: RUN_FAILED,
    nonRetryable: true,
    details: [result],
  });
}
