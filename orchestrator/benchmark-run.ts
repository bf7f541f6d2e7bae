import {
  ApplicationFailure,
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  rootCause,
  startChild,
  upsertMemo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { settle } from '../measurement/ledger';
import { reached } from '../measurement/reached';
import { evidenceOf, hostsDuring } from '../measurement/validity';
import { resultOf } from '../report/result';
import { completedInStep, isCounted, notCompleted } from '../report/steps';
import type { StepFacts } from '../report/facts';
import type { BenchmarkResult } from '../report/result-schema';
import { durationMs } from '../spec/duration';
import { describeProblems, parseSpec, type BenchmarkSpec, type SpecInput } from '../spec/parse';
import { BAD_SPEC, MISCONFIGURED, NAMESPACE_GONE, RUN_FAILED } from './benchmark-types';
import { Hosts } from './hosts';
import { runLoad } from './load';
import { stopHostsSignal, type Phase } from './messages';
import { hostsWorkflowId } from './names';
import { brief, once, patient, pure } from './proxies';
import { RunState } from './run-state';

/**
 * One benchmark of a Temporal cluster. It reads like its table of contents; whatever happens on the way, it cleans up
 * and reports.
 */
export async function BenchmarkRun(input?: SpecInput): Promise<BenchmarkResult> {
  const state = new RunState(checked(input));
  const measuring = new CancellationScope();
  state.listen(() => measuring.cancel());
  upsertMemo({ runId: state.run.runId, namespace: state.run.namespace });

  await untilCancelled(state, measuring, async () => {
    await phase(state, 'health', checkHealth);
    await phase(state, 'namespace', prepareNamespace);
    await phase(state, 'system', describeSystem);
    await phase(state, 'hosts', startHosts);
    await phase(state, 'load', runLoad);
  });
  return await CancellationScope.nonCancellable(async () => {
    await phase(state, 'drain', stopLoad);
    await phase(state, 'reconcile', reconcile);
    await phase(state, 'verdict', judgeAll);
    await phase(state, 'cleanup', cleanUp);
    return await phase(state, 'report', report);
  });
}

function checked(input: SpecInput | undefined): BenchmarkSpec {
  const parsed = parseSpec(input);
  if (parsed.ok) return parsed.spec;
  throw ApplicationFailure.nonRetryable(describeProblems(parsed.problems), BAD_SPEC, parsed.problems);
}

async function phase<T>(state: RunState, name: Phase, work: (state: RunState) => Promise<T>): Promise<T> {
  state.enter(name);
  return await work(state);
}

/** Runs the measuring part; its failure or cancellation is a finding of the run, and the rest goes on. */
async function untilCancelled(state: RunState, scope: CancellationScope, work: () => Promise<void>): Promise<void> {
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

/** The type of the failure at the root of what children and activities have wrapped. */
function failureType(err: unknown): string | undefined {
  if (err instanceof ApplicationFailure) return err.type ?? undefined;
  return err instanceof Error && err.cause !== undefined ? failureType(err.cause) : undefined;
}

async function checkHealth(state: RunState): Promise<void> {
  state.health = await once.checkHealth(state.run.targetProfile);
}

async function prepareNamespace(state: RunState): Promise<void> {
  const longestMs = state.plan.durationMs * state.spec.stepAttempts + state.plan.completionTimeoutMs;
  await brief.prepareNamespace(state.run, durationMs(state.spec.retention), longestMs);
}

async function describeSystem(state: RunState): Promise<void> {
  state.found.system = await brief.describeSystem(state.run);
}

/** Hosts outlive a continue-as-new of the run and its cancellation; cleaning up ends them. */
async function startHosts(state: RunState): Promise<void> {
  const { run, spec, plan } = state;
  const workflowId = hostsWorkflowId(run.workflowId);
  hostsOf.set(
    state,
    await CancellationScope.nonCancellable(() =>
      startChild(Hosts, {
        workflowId,
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowExecutionTimeout: plan.durationMs * spec.stepAttempts * 2 + plan.completionTimeoutMs * 2 + 3_600_000,
        staticSummary: `${spec.hosts} host(s) for ${run.runId}`,
        args: [{ run, hosts: spec.hosts, slots: spec.hostSlots }],
      }),
    ),
  );
  await Promise.all([brief.awaitHosts(run, spec.hosts, workflowId), brief.countSlots(plan.lanes)]);
}
const hostsOf = new WeakMap<RunState, ChildWorkflowHandle<typeof Hosts>>();

/** The generators have returned by now, whatever happened; what they saw of their hosts is read while these live. */
async function stopLoad(state: RunState): Promise<void> {
  if (hostsOf.has(state)) await state.readHosts();
}

async function reconcile(state: RunState): Promise<void> {
  if (state.steps.length === 0) return;
  const sampled = state.plan.observeShare < 1 && state.loadStartMs !== undefined;
  try {
    const found = await patient.reconcile({
      run: state.run,
      steps: state.steps.map(({ step, startAtMs, measurement: { ledger, provisional } }) => ({
        name: step.name,
        attempt: step.attempt,
        endedAtMs: startAtMs + step.durationMs,
        measurement: { ledger, provisional },
      })),
      completionTimeoutMs: state.plan.completionTimeoutMs,
      countWindows: sampled
        ? state.steps.filter((step) => isCounted(step, state.steps)).map((step) => window(step, state.plan.waitingMs))
        : [],
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

function window({ step, startAtMs }: StepFacts, waitingMs: number) {
  const fromMs = startAtMs + waitingMs;
  return { stepIndex: step.index, fromMs, toMs: fromMs + step.durationMs };
}

/** The final verdict of every hold, now that the server has been asked. */
async function judgeAll(state: RunState): Promise<void> {
  const facts = state.facts();
  for (const [i, step] of state.steps.entries()) {
    if (!isCounted(step, state.steps) || step.step.thresholds === undefined) continue;
    const settled = { ...step.measurement, ledger: step.settled };
    const completed = completedInStep(step.step.index, facts);
    const judgement = await pure.judgeStep({
      required: step.step.thresholds,
      reached: reached(settled, step.step.durationMs, completed, notCompleted(step)),
      evidence: evidenceOf(settled),
      hosts: hostsDuring(state.hosts, step.startAtMs, step.startAtMs + step.step.durationMs),
      maxGapShare: state.spec.maxGap,
    });
    state.steps[i] = { ...step, ...judgement };
  }
}

async function cleanUp(state: RunState): Promise<void> {
  const hosts = hostsOf.get(state);
  if (hosts) {
    await getExternalWorkflowHandle(hosts.workflowId)
      .signal(stopHostsSignal)
      .then(() => hosts.result())
      .catch((err: unknown) => state.notes.push(`a host did not end well: ${rootCause(err)}`));
  }
  if (state.health === undefined) return;
  try {
    state.found.cleanup = await patient.cleanUp(state.run, state.spec.deleteNamespace);
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

async function report(state: RunState): Promise<BenchmarkResult> {
  const result = resultOf(state.facts());
  state.enter('done');
  if (state.found.error === undefined) return result;
  throw ApplicationFailure.create({
    message: state.found.error,
    type: RUN_FAILED,
    nonRetryable: true,
    details: [result],
  });
}
