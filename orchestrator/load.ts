import {
  CancellationScope,
  ChildWorkflowCancellationType,
  executeChild,
  isCancellation,
  patched,
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
import { LOAD_QUEUES, PICKED_UP_LATE, stepWorkflowId } from './names';
import { maxObservers, planRerun, planShifted, type PlannedStep } from './plan';
import type { RunState } from './run-state';
import { StepsInProgress } from './steps-in-progress';

/**
 * The time from the decision to start until the first arrival. The generators of the first step get ready in it. It grows
 * each time that they are late.
 */
const FIRST_LEAD_MS = [2000, 5000, 10_000, 20_000];
/** How many calls of the control server a generator makes, one after another, until it is ready, and as many again. */
const CALLS_TO_GET_READY = 16;
const LONGEST_WAIT_FOR_CALLS_MS = 10_000;
/** Generators of later steps are scheduled this long before their step, so that they are ready at least 5 s ahead. */
const LEAD_MS = 8000;
/** How long a lane waits for a free generator before the run ends without it. */
const LANE_WAIT_MS = 60_000;
/** The timeout is longer if control and target are the same cluster: a stall of it must not look like a dead generator. */
const HEARTBEAT_TIMEOUT_MS = { separate: 5000, shared: 15_000 };

/**
 * Runs every step of the profile on one timeline, then repeats spoilt holds. If the history has grown long, it stops early,
 * between two iterations or two repetitions, and sets `nextStep` to the step with which the next execution continues.
 */
export async function runLoad(state: RunState): Promise<void> {
  const inProgress = new StepsInProgress();
  try {
    const next = await runSteps(state, state.planned.slice(state.nextStep), inProgress);
    if (next !== undefined) return pause(state, next.index, `iteration ${next.iteration}`);
  } finally {
    await inProgress.end();
  }
  state.nextStep = state.planned.length;
  await rerunSpoiltHolds(state);
}

function pause(state: RunState, nextStep: number, what: string): void {
  state.notes.push(`the load paused before ${what}, because the run continued as new to keep its history short`);
  state.nextStep = nextStep;
  state.pausedForNewHistory = true;
}

/**
 * Returns the time until the first arrival: more if the control server is far away.
 *
 * @param lateInARow how often its step was picked up late
 */
export function firstLeadMs({ health }: RunState, lateInARow = 0): number {
  const callsMs = CALLS_TO_GET_READY * (health?.controlRoundTripMs ?? 0);
  return FIRST_LEAD_MS[lateInARow]! + Math.min(LONGEST_WAIT_FOR_CALLS_MS, Math.floor(callsMs / 100) * 100);
}

/**
 * Runs consecutive steps. If a step is picked up late, it and the steps after it are run again, on a later timeline.
 *
 * @returns the first step that is left for the next execution, if the history has grown long
 */
export async function runSteps(
  state: RunState,
  steps: readonly PlannedStep[],
  inProgress: StepsInProgress,
): Promise<PlannedStep | undefined> {
  let remaining = steps;
  for (let lateInARow = 0; remaining.length > 0;) {
    const { late, next } = await runSection(state, remaining, inProgress, firstLeadMs(state, lateInARow));
    if (late === undefined) return next;
    lateInARow = late.index > remaining[0]!.index ? 1 : lateInARow + 1;
    if (lateInARow === FIRST_LEAD_MS.length)
      throw new Error(
        `step ${late.name} was picked up late ${lateInARow} times, although its generators had ${firstLeadMs(state, lateInARow - 1) / 1000} s to get ready: no generator was free in time, or the connections of the generators to the control server are too slow`,
      );
    const shifted = planShifted(
      state.planned,
      remaining.filter((step) => step.index >= late.index),
    );
    state.notes.push(`step ${late.name} was picked up late; the timeline was shifted`);
    state.planned.push(...shifted);
    remaining = shifted;
  }
  return undefined;
}

async function rerunSpoiltHolds(state: RunState): Promise<void> {
  for (let next = nextHoldToRerun(state); next !== undefined; next = nextHoldToRerun(state)) {
    const { hold, why } = next;
    if (state.needsNewHistory) return pause(state, state.planned.length, `the hold at ${hold.fromRate}/s`);
    const rerun = planRerun(state.planned, hold);
    state.notes.push(`the hold at ${hold.fromRate}/s ${why}, so it was repeated (attempt ${rerun[0]!.attempt})`);
    state.planned.push(...rerun);
    const inProgress = new StepsInProgress();
    try {
      await runSteps(state, rerun, inProgress);
    } finally {
      await inProgress.end();
    }
    state.nextStep = state.planned.length;
  }
}

/** Returns a hold whose last attempt was spoilt by the death of a generator, if it may be repeated. */
function nextHoldToRerun(state: RunState): { hold: PlannedStep; why: string } | undefined {
  for (const { step, measurement } of state.steps) {
    const why = reasonToRepeat(state, step, measurement);
    if (why) return { hold: step as PlannedStep, why };
  }
  return undefined;
}

/** Returns why a hold will be repeated; undefined if it will not be. An attempt that was picked up late does not count. */
function reasonToRepeat(
  { steps, spec }: RunState,
  step: StepFacts['step'],
  measurement: StepMeasurement,
): string | undefined {
  if (step.kind !== 'hold' || measurement.cutShort !== undefined) return undefined;
  const others = steps.filter(
    (other) =>
      other.step.name === step.name &&
      other.step.attempt !== step.attempt &&
      other.measurement.cutShort !== PICKED_UP_LATE,
  );
  if (others.some((other) => other.step.attempt > step.attempt) || others.length + 1 >= spec.stepAttempts)
    return undefined;
  return reasonToRerun(measurement, spec.maxGap);
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
 * @param leadMs the time until the first step begins
 * @returns `late`: the first step that was picked up late, if any; it and all later steps did not run, and the steps before
 *   it may still wait for completions. `next`: the first step that is left for the next execution, if the history has grown
 *   long.
 */
async function runSection(
  state: RunState,
  steps: readonly PlannedStep[],
  inProgress: StepsInProgress,
  leadMs: number,
): Promise<{ readonly late?: PlannedStep; readonly next?: PlannedStep }> {
  const offsetMs = steps[0]!.startMs;
  const startAtMs = Date.now() + leadMs;
  if (state.loadStartMs === undefined) state.loadStartMs = startAtMs;
  else state.shift(steps[0]!.name, Math.round(startAtMs - state.loadStartMs - offsetMs));

  const readyMs = leadMs > LEAD_MS && patched('generators-get-whole-lead') ? leadMs : LEAD_MS;
  const starting = new CancellationScope();
  let late: PlannedStep | undefined;
  let isStopped = false;
  const stop = () => {
    isStopped = true;
    starting.cancel();
  };
  const onLate = (step: PlannedStep) => {
    if (late === undefined || step.index < late.index) late = step;
    inProgress.cancelFrom(step.index);
    stop();
  };
  const oneStep = async (step: PlannedStep, at: number) => {
    const measurement = await executeStep(state, step, at, steps, offsetMs);
    if (measurement.cutShort === PICKED_UP_LATE) onLate(step);
    if (measurement.failure !== undefined) {
      inProgress.fail(step, measurement.failure);
      stop();
    }
    const facts = await judgeWhenComplete(state, step, at, measurement, inProgress);
    state.finishStep(facts);
    const isBad = facts.verdict && !(facts.verdict.passed && facts.validity?.valid);
    if (!isBad || !state.spec.stopOnFail || reasonToRepeat(state, step, measurement)) return;
    inProgress.cancelUnsent();
    stop();
  };
  const startSteps = async (): Promise<PlannedStep | undefined> => {
    for (const step of steps) {
      const at = startAtMs + step.startMs - offsetMs;
      if (at - readyMs > Date.now()) await sleep(at - readyMs - Date.now());
      if (step.iteration > steps[0]!.iteration && beginsIteration(step, steps) && state.needsNewHistory) return step;
      state.beginStep(step, at);
      inProgress.start(step, at, () => oneStep(step, at));
    }
    return undefined;
  };

  let next: PlannedStep | undefined;
  try {
    next = await starting.run(startSteps);
  } catch (err) {
    // Canceled because the section stops, or because the run does.
    if (!isCancellation(err) || !isStopped) throw err;
  }
  await inProgress.untilDone(() => late !== undefined);
  return { late, next: isStopped ? undefined : next };
}

function beginsIteration(step: PlannedStep, steps: readonly PlannedStep[]): boolean {
  return steps.find(({ iteration }) => iteration === step.iteration) === step;
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
        // A later step uses the slots of an earlier one, which may still wait for completions.
        laneWaitMs: LANE_WAIT_MS + (step.index < LOAD_QUEUES.length ? 0 : plan.completionTimeoutMs),
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
        observeShare: step.observeShare ?? plan.observeShare,
        maxObservers: maxObservers(spec),
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
  inProgress: StepsInProgress,
): Promise<StepFacts> {
  const facts: StepFacts = { step, startAtMs, measurement, settled: measurement.ledger };
  if (step.thresholds === undefined || measurement.cutShort !== undefined) return facts;
  return await CancellationScope.nonCancellable(async () => {
    // Their completions in the time of this hold count for it.
    await inProgress.untilDoneBefore(step.index);
    await state.readHosts();
    const seen = completedDuring(step.index, [measurement, ...state.steps.map((other) => other.measurement)]);
    const completed = seen / (step.observeShare ?? state.plan.observeShare) + presumedCompletions(measurement);
    return { ...facts, ...(await judgeHold(state, facts, completed, notCompletedSeen(measurement))) };
  });
}
