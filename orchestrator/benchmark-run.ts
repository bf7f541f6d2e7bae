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
import { holdOutcome } from '../measurement/judging/hold-outcome';
import { evidenceOf, hostsDuring } from '../measurement/judging/validity';
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
import { hostsWorkflowId } from './names';
import { shortActivities, longActivities } from './proxies';
import { RunState } from './run-state';

/**
 * One benchmark of a Temporal cluster. It reads like its table of contents; whatever happens on the way, it cleans up
 * and reports.
 */
export async function BenchmarkRun(input?: SpecInput, carried?: Carried): Promise<BenchmarkResult> {
  const state = new RunState(parseInput(input), carried);
  const measuring = new CancellationScope();
  state.listen(() => measuring.cancel());
  upsertMemo({ runId: state.run.runId, namespace: state.run.namespace });

  await recordFailure(state, measuring, async () => {
    await phase(state, 'health', checkHealth);
    await phase(state, 'namespace', prepareNamespace);
    await phase(state, 'system', describeSystem);
    await phase(state, 'hosts', startHosts);
    await phase(state, 'load', runLoad);
  });
  if (state.pausedForNewHistory) await continueRunAsNew(state, input);
  return await CancellationScope.nonCancellable(async () => {
    await phase(state, 'drain', stopLoad);
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

/** What an earlier execution of the run has been through is not done again. */
async function phase<T>(state: RunState, name: Phase, work: (state: RunState) => Promise<T>): Promise<T | undefined> {
  if (state.carried && PHASES.indexOf(name) < PHASES.indexOf('load')) return undefined;
  state.enter(name);
  return await work(state);
}

/** Runs the measuring part; its failure or cancellation is a finding of the run, and the rest goes on. */
async function recordFailure(state: RunState, scope: CancellationScope, work: () => Promise<void>): Promise<void> {
  try {
    await scope.run(work);
    // Steps that were cut short return what they have, so cancelling need not surface as an error.
    if (scope.consideredCancelled) state.found.abortReason ??= 'cancelled';
  } catch (err) {
    if (isCancellation(err)) state.found.abortReason ??= 'cancelled';
    else {
      state.found.error = rootCause(err) ?? String(err);
      state.found.misconfigured = MISCONFIGURED.some((type) => type === failureType(err));
    }
  }
}

/** Between two iterations, with no step open and nobody waiting for an answer; a run that is to end does not go on. */
async function continueRunAsNew(state: RunState, input: SpecInput | undefined): Promise<void> {
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  if (CancellationScope.current().consideredCancelled) state.found.abortReason ??= 'cancelled';
  if (state.found.abortReason === undefined) await continueAsNew<typeof BenchmarkRun>(input, state.carry());
}

/** The type of the failure at the root of what children and activities have wrapped. */
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

/** Hosts outlive a continue-as-new of the run and its cancellation; cleaning up ends them. */
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

/** The generators have returned by now, whatever happened; what they saw of their hosts is read while these live. */
async function stopLoad(state: RunState): Promise<void> {
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
        .filter((step) => isCounted(step, state.steps) && (state.plan.observeShare < 1 || mayHaveUnseenCompletions(step)))
        .flatMap((step) => countWindowsOf(step, kinds)),
    });
    state.found.reconciliation = found;
    state.steps.forEach((step, i) => {
      const { settlement, server } = found.steps[i]!;
      state.steps[i] = { ...step, settled: settle(step.measurement.ledger, settlement), server };
    });
  } catch (err) {
    if (failureType(err) === NAMESPACE_GONE) state.found.error ??= rootCause(err);
    else state.notes.push(`the account could not be reconciled with the server: ${rootCause(err)}`);
  }
}

/** What a workflow of the load costs; where it cannot be found out, the run is none the worse for it. */
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

/** Whether a step may have completions that no client saw: of starts that nobody was told of. */
function mayHaveUnseenCompletions({ measurement: { ledger } }: StepFacts): boolean {
  return ledger.recovered + ledger.inDoubt + total(ledger.unknown) > 0;
}

/** When the completions of a hold fall: later than the hold by what its workflows wait for themselves. */
function countWindowsOf({ step, startAtMs }: StepFacts, kinds: readonly ArrivalKind[]): CountWindow[] {
  const waits = [...new Set(kinds.map(({ waitingMs }) => waitingMs))];
  return waits.map((waitingMs) => {
    const fromMs = startAtMs + waitingMs;
    const window = { stepIndex: step.index, fromMs, toMs: fromMs + step.durationMs };
    if (waits.length === 1) return window;
    const alike = kinds.filter((kind) => kind.waitingMs === waitingMs);
    return { ...window, workflowTypes: [...new Set(alike.map(({ workflowType }) => workflowType))] };
  });
}

/** The final verdict of every hold, now that the server has been asked. */
async function judgeAll(state: RunState): Promise<void> {
  const facts = state.facts();
  for (const [i, step] of state.steps.entries()) {
    if (!isCounted(step, state.steps) || step.step.thresholds === undefined) continue;
    const settled = { ...step.measurement, ledger: step.settled };
    const completed = completedInStep(step.step.index, facts);
    const judgement = await shortActivities.judgeStep({
      required: step.step.thresholds,
      outcome: holdOutcome(settled, step.step.durationMs, completed, notCompleted(step)),
      evidence: evidenceOf(settled),
      hosts: hostsDuring(state.hosts, step.startAtMs, step.startAtMs + step.step.durationMs),
      maxGapShare: state.spec.maxGap,
    });
    state.steps[i] = { ...step, ...judgement };
  }
}

async function cleanUp(state: RunState): Promise<void> {
  if (state.hostsStarted) {
    const hosts = hostsWorkflowId(state.run.workflowId);
    await getExternalWorkflowHandle(hosts)
      .signal(stopHostsSignal)
      .then(() => longActivities.awaitHostsEnded(hosts))
      .catch((err: unknown) => state.notes.push(`a host did not end well: ${rootCause(err)}`));
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
