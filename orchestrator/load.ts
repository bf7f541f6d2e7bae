import {
  CancellationScope,
  ChildWorkflowCancellationType,
  executeChild,
  isCancellation,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { kindsOf } from '../load-workflows/kinds';
import { completedDuring, notCompletedSeen } from '../measurement/judging/hold-outcome';
import type { StepMeasurement } from '../measurement/account/lane';
import { LIMITS } from '../measurement/judging/validity';
import { executorOf } from '../spec/executor';
import type { StepFacts } from '../report/facts';
import { judgeHold } from './judge';
import { LoadStep } from './load-step';
import { PICKED_UP_LATE, stepWorkflowId } from './names';
import { OBSERVER_LIMIT, planRerun, planShifted, type PlannedStep } from './plan';
import type { RunState } from './run-state';

/** The time from the decision to start until the first arrival. The generators of the first step get ready in it. */
const FIRST_LEAD_MS = 2000;
/** Generators of later steps are scheduled this long before their step, so that they are ready at least 5 s ahead. */
const LEAD_MS = 8000;
/** How often the timeline may be shifted because a step was picked up late. */
const MAX_SHIFTS = 3;
/** The timeout is longer if control and target are the same cluster: a stall of it must not look like a dead generator. */
const HEARTBEAT_TIMEOUT_MS = { separate: 5000, shared: 15_000 };

/**
 * Runs every step of the profile on one timeline, then reruns spoilt holds. If the history has grown long, it stops early,
 * between two iterations or two reruns, and sets `nextStep` to the step with which the next execution continues.
 */
export async function runLoad(state: RunState): Promise<void> {
  let remaining: readonly PlannedStep[] = state.planned.slice(state.nextStep);
  for (let shifts = 0; remaining.length > 0; shifts += 1) {
    const { late, next } = await runSection(state, remaining);
    if (late === undefined && next !== undefined) return pause(state, next.index, `iteration ${next.iteration}`);
    if (late === undefined) break;
    if (shifts === MAX_SHIFTS)
      throw new Error(`step ${late.name} was picked up late ${shifts + 1} times: there are too few free generators`);
    const shifted = planShifted(
      state.planned,
      remaining.filter((step) => step.index >= late.index),
    );
    state.notes.push(`step ${late.name} was picked up late; the timeline was shifted`);
    state.planned.push(...shifted);
    remaining = shifted;
  }
  state.nextStep = state.planned.length;
  await rerunSpoiltHolds(state);
}

function pause(state: RunState, nextStep: number, what: string): void {
  state.notes.push(`the load paused before ${what}, because the run continued as new to keep its history short`);
  state.nextStep = nextStep;
  state.pausedForNewHistory = true;
}

async function rerunSpoiltHolds(state: RunState): Promise<void> {
  for (let next = nextHoldToRerun(state); next !== undefined; next = nextHoldToRerun(state)) {
    const { hold, why } = next;
    if (state.needsNewHistory) return pause(state, state.planned.length, `the hold at ${hold.fromRate}/s`);
    state.notes.push(`the hold at ${hold.fromRate}/s ${why}, so it was repeated (attempt ${hold.attempt + 1})`);
    const rerun = planRerun(state.planned, hold);
    state.planned.push(...rerun);
    await runSection(state, rerun);
    state.nextStep = state.planned.length;
  }
}

/** Returns a hold whose last attempt was spoilt by the death of a generator, if it may be repeated. */
function nextHoldToRerun({ steps, spec }: RunState): { hold: PlannedStep; why: string } | undefined {
  for (const { step, measurement } of steps) {
    const isLast = !steps.some(({ step: other }) => other.name === step.name && other.attempt > step.attempt);
    const mayRepeat = step.attempt < spec.stepAttempts && measurement.cutShort === undefined;
    const why = step.kind === 'hold' && isLast && mayRepeat ? reasonToRerun(measurement, spec.maxGap) : undefined;
    if (why) return { hold: step as PlannedStep, why };
  }
  return undefined;
}

/** Returns why a hold must be repeated after the death of a generator: arrivals not sent, or completions not observed. */
function reasonToRerun(measurement: StepMeasurement, maxGap: number): string | undefined {
  const { gapArrivals, ledger, observation, audits } = measurement;
  if (gapArrivals > maxGap * ledger.scheduled) return 'had a gap';
  const died = audits.some((audit) => audit.attempts > 1);
  return died && observation.lost > LIMITS.lostSamplesShare * observation.chosen
    ? 'lost a generator and its latency samples'
    : undefined;
}

/**
 * Runs consecutive steps back to back. Each step is started ahead of its time and does not wait for the completions of the
 * step before it.
 *
 * @returns `late`: the first step that was picked up late, if any; it and all later steps did not run. `next`: the first
 *   step that is left for the next execution, if the history has grown long.
 */
async function runSection(
  state: RunState,
  steps: readonly PlannedStep[],
): Promise<{ readonly late?: PlannedStep; readonly next?: PlannedStep }> {
  const offsetMs = steps[0]!.startMs;
  const startAtMs = Date.now() + FIRST_LEAD_MS;
  if (state.loadStartMs === undefined) state.loadStartMs = startAtMs;
  else state.shifts.push({ step: steps[0]!.name, byMs: Math.round(startAtMs - state.loadStartMs - offsetMs) });

  const scope = new CancellationScope();
  const running: Promise<void>[] = [];
  let late: PlannedStep | undefined;
  let next: PlannedStep | undefined;
  let stopped = false;
  const stop = () => {
    stopped = true;
    scope.cancel();
  };

  const oneStep = async (step: PlannedStep) => {
    const at = startAtMs + step.startMs - offsetMs;
    const measurement = await executeStep(state, step, at, steps, offsetMs);
    if (measurement.cutShort === PICKED_UP_LATE && (late === undefined || step.index < late.index)) late = step;
    const facts = await judgeWhenComplete(state, step, at, measurement);
    state.finishStep(facts);
    const bad = facts.verdict && !(facts.verdict.passed && facts.validity?.valid);
    if (measurement.cutShort === PICKED_UP_LATE || (bad && state.spec.stopOnFail)) stop();
  };

  try {
    await scope.run(async () => {
      for (const step of steps) {
        const at = startAtMs + step.startMs - offsetMs;
        if (at - LEAD_MS > Date.now()) await sleep(at - LEAD_MS - Date.now());
        if (step.iteration > steps[0]!.iteration && beginsIteration(step, steps) && state.needsNewHistory) {
          next = step;
          break;
        }
        state.beginStep(step, at);
        running.push(oneStep(step));
        // A step that fails ends the others. Without this handler it would be an unhandled rejection until it is awaited.
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
  return { late, next: stopped ? undefined : next };
}

function beginsIteration(step: PlannedStep, steps: readonly PlannedStep[]): boolean {
  return steps.find(({ iteration }) => iteration === step.iteration) === step;
}

/** Throws the first failure that is not a cancellation. */
async function rethrowFailure(running: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(running)) {
    if (result.status === 'rejected' && !isCancellation(result.reason)) throw result.reason;
  }
}

async function executeStep(
  { run, spec, plan, health }: RunState,
  step: PlannedStep,
  startAtMs: number,
  section: readonly PlannedStep[],
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
        reportEveryMs: plan.snapshotEveryMs,
        abortOn: plan.abortOn,
        run,
        workload: spec.workload,
        kinds: kindsOf(spec),
        step,
        lanes: plan.lanes,
        process: spec.arrivals,
        seed: spec.seed,
        startAtMs,
        timeline: section.map(({ index, startMs, durationMs }) => ({
          index,
          startMs: startMs - offsetMs,
          endMs: startMs - offsetMs + durationMs,
        })),
        timelineOffsetMs: offsetMs,
        seriesWidthMs: plan.seriesWidthMs,
        executor: executorOf(spec),
        observeShare: plan.observeShare,
        // 1.5 times the expected number per lane, because the size of the sample varies.
        maxObservers: Math.floor((OBSERVER_LIMIT * 1.5) / plan.lanes),
        maxInFlight: plan.maxInFlightPerLane,
        connections: spec.connections,
        completionTimeoutMs: plan.completionTimeoutMs,
        heartbeatTimeoutMs: health?.sharesControlCluster ? HEARTBEAT_TIMEOUT_MS.shared : HEARTBEAT_TIMEOUT_MS.separate,
      },
    ],
  });
}

/**
 * Returns how many workflows are presumed to have completed unobserved, because the generators did not know that their
 * starts succeeded. Reconciliation replaces the presumption by the server's count. Arrivals in a gap were probably not
 * sent, so they are not included.
 */
function presumedCompletions({ ledger, gapArrivals }: StepMeasurement): number {
  return ledger.recovered + Math.max(0, ledger.inDoubt - gapArrivals);
}

/**
 * Judges a complete hold when its generators have returned, so that a staircase can stop at the first hold that fails.
 * Returns other steps without a verdict.
 */
async function judgeWhenComplete(
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
    const completed = seen / state.plan.observeShare + presumedCompletions(measurement);
    const judgement = await judgeHold(state, facts, completed, notCompletedSeen(measurement));
    return { ...facts, ...judgement };
  });
}
