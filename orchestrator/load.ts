import {
  CancellationScope,
  ChildWorkflowCancellationType,
  executeChild,
  isCancellation,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { catalog } from '../load-workflows/catalog';
import { completedDuring, notCompletedSeen, reached } from '../measurement/reached';
import type { StepMeasurement } from '../measurement/lane';
import { evidenceOf, hostsDuring } from '../measurement/validity';
import type { StepFacts } from '../report/facts';
import { LATE, LoadStep } from './load-step';
import { stepWorkflowId } from './names';
import { OBSERVER_LIMIT, planAgain, planShifted, type PlannedStep } from './plan';
import { pure } from './proxies';
import type { RunState } from './run-state';

/** From the decision to start until the first arrival: generators are armed within it. */
const LEAD_MS = 2000;
/** Later steps' generators are asked for this long before, so that they are armed well over 5 s ahead. */
const ARM_MS = 8000;
/** How often a timeline may be moved because a step was picked up late. */
const MAX_SHIFTS = 3;
/** Where control and target are one cluster, its stalls must not look like dead generators. */
const HEARTBEAT_TIMEOUT_MS = { apart: 5000, shared: 15_000 };

/** Runs every step of the profile on one timeline, then again what a gap spoilt. */
export async function runLoad(state: RunState): Promise<void> {
  let remaining: readonly PlannedStep[] = state.plan.steps;
  for (let shifts = 0; remaining.length > 0; shifts += 1) {
    const late = await runStretch(state, remaining);
    if (late === undefined) break;
    if (shifts === MAX_SHIFTS)
      throw new Error(`step ${late.name} was picked up late ${shifts + 1} times: too few generators`);
    const again = planShifted(
      state.planned,
      remaining.filter((step) => step.index >= late.index),
    );
    state.notes.push(`step ${late.name} was picked up late; the timeline goes on from there`);
    state.planned.push(...again);
    remaining = again;
  }
  await runAgainWhatGapsSpoilt(state);
}

async function runAgainWhatGapsSpoilt(state: RunState): Promise<void> {
  for (let next = spoiltHold(state); next !== undefined; next = spoiltHold(state)) {
    state.notes.push(`the hold at ${next.fromRate}/s had a gap and is run again (attempt ${next.attempt + 1})`);
    const again = planAgain(state.planned, next);
    state.planned.push(...again);
    await runStretch(state, again);
  }
}

/** A hold whose last attempt has too large a gap and which may be tried again. */
function spoiltHold({ steps, spec }: RunState): PlannedStep | undefined {
  const found = steps.find(({ step, measurement }) => {
    const last = !steps.some(({ step: other }) => other.name === step.name && other.attempt > step.attempt);
    const gap = measurement.gapArrivals > spec.maxGap * measurement.ledger.scheduled;
    return (
      step.kind === 'hold' && last && gap && step.attempt < spec.stepAttempts && measurement.cutShort === undefined
    );
  });
  return found?.step as PlannedStep | undefined;
}

/**
 * Steps end to end from one instant. Each is asked for ahead of its time, and nobody waits for the completions of the
 * one before.
 *
 * @returns the first step that was picked up late, if one was: it and all after it did not run
 */
async function runStretch(state: RunState, steps: readonly PlannedStep[]): Promise<PlannedStep | undefined> {
  const offsetMs = steps[0]!.startMs;
  const startAtMs = Date.now() + LEAD_MS;
  if (state.loadStartMs === undefined) state.loadStartMs = startAtMs;
  else state.shifts.push({ step: steps[0]!.name, byMs: Math.round(startAtMs - state.loadStartMs - offsetMs) });

  const scope = new CancellationScope();
  const running: Promise<void>[] = [];
  let late: PlannedStep | undefined;
  let stopped = false;
  const stop = () => {
    stopped = true;
    scope.cancel();
  };

  const oneStep = async (step: PlannedStep) => {
    const at = startAtMs + step.startMs - offsetMs;
    const measurement = await executeStep(state, step, at, steps, offsetMs);
    if (measurement.cutShort === LATE && (late === undefined || step.index < late.index)) late = step;
    const facts = await judged(state, step, at, measurement);
    state.finishStep(facts);
    const bad = facts.verdict && !(facts.verdict.passed && facts.validity?.valid);
    if (measurement.cutShort === LATE || (bad && state.spec.stopOnFail)) stop();
  };

  try {
    await scope.run(async () => {
      for (const step of steps) {
        const at = startAtMs + step.startMs - offsetMs;
        if (at - ARM_MS > Date.now()) await sleep(at - ARM_MS - Date.now());
        state.beginStep(step, at);
        running.push(oneStep(step));
        // A step that fails must end the others, not become an unhandled rejection meanwhile.
        running.at(-1)!.catch(() => scope.cancel());
      }
    });
  } catch (err) {
    if (!isCancellation(err)) throw err;
    if (!stopped) await Promise.allSettled(running).then(() => rethrowFailure(running));
    if (!stopped) throw err;
  }
  await Promise.allSettled(running);
  await rethrowFailure(running);
  return late;
}

/** The first failure that is not a mere consequence of cancelling. */
async function rethrowFailure(running: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(running)) {
    if (result.status === 'rejected' && !isCancellation(result.reason)) throw result.reason;
  }
}

async function executeStep(
  { run, spec, plan, health }: RunState,
  step: PlannedStep,
  startAtMs: number,
  stretch: readonly PlannedStep[],
  offsetMs: number,
): Promise<StepMeasurement> {
  const { workflowId } = workflowInfo();
  return await executeChild(LoadStep, {
    workflowId: stepWorkflowId(workflowId, step.name, step.attempt),
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    staticSummary: `${step.kind} ${step.fromRate}→${step.toRate}/s for ${step.durationMs / 1000} s`,
    args: [
      {
        reportTo: workflowId,
        run,
        workload: spec.workload,
        workflowType: catalog[spec.workload].workflowType,
        workflowInput: catalog[spec.workload].input(spec),
        step,
        lanes: plan.lanes,
        process: spec.arrivals,
        seed: spec.seed,
        startAtMs,
        timeline: stretch.map(({ index, startMs, durationMs }) => ({
          index,
          startMs: startMs - offsetMs,
          endMs: startMs - offsetMs + durationMs,
        })),
        timelineOffsetMs: offsetMs,
        seriesWidthMs: plan.seriesWidthMs,
        observeShare: plan.observeShare,
        // Twice the expected share: the sample's size is an expectation, the server's limit is not.
        maxObservers: Math.floor((OBSERVER_LIMIT * 1.5) / plan.lanes),
        maxInFlight: plan.maxInFlightPerLane,
        completionTimeoutMs: plan.completionTimeoutMs,
        waitingMs: plan.waitingMs,
        heartbeatTimeoutMs: health?.sharesControlCluster ? HEARTBEAT_TIMEOUT_MS.shared : HEARTBEAT_TIMEOUT_MS.apart,
      },
    ],
  });
}

/** A complete hold gets its verdict as soon as its completions are in: what a staircase stops at. */
async function judged(
  state: RunState,
  step: PlannedStep,
  startAtMs: number,
  measurement: StepMeasurement,
): Promise<StepFacts> {
  const facts: StepFacts = { step, startAtMs, measurement, settled: measurement.ledger };
  if (step.thresholds === undefined || measurement.cutShort !== undefined) return facts;
  return await CancellationScope.nonCancellable(async () => {
    await state.readHosts();
    const seen = completedDuring(step.index, [measurement, ...state.steps.map((other) => other.measurement)]);
    const judgement = await pure.judgeStep({
      required: step.thresholds!,
      reached: reached(measurement, step.durationMs, seen / state.plan.observeShare, notCompletedSeen(measurement)),
      evidence: evidenceOf(measurement),
      hosts: hostsDuring(state.hosts, startAtMs, startAtMs + step.durationMs),
      maxGapShare: state.spec.maxGap,
    });
    return { ...facts, ...judgement };
  });
}
