import {
  CancellationScope,
  ChildWorkflowCancellationType,
  executeChild,
  isCancellation,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { kindsOf } from '../load-workflows/kinds';
import { completedDuring, notCompletedSeen, holdOutcome } from '../measurement/judging/hold-outcome';
import type { StepMeasurement } from '../measurement/account/lane';
import { evidenceOf, hostsDuring, LIMITS } from '../measurement/judging/validity';
import type { StepFacts } from '../report/facts';
import { LATE, LoadStep } from './load-step';
import { stepWorkflowId } from './names';
import { OBSERVER_LIMIT, planRerun, planShifted, type PlannedStep } from './plan';
import { shortActivities } from './proxies';
import type { RunState } from './run-state';

/** From the decision to start until the first arrival: generators are armed within it. */
const LEAD_MS = 2000;
/** Later steps' generators are asked for this long before, so that they are armed well over 5 s ahead. */
const ARM_MS = 8000;
/** How often a timeline may be moved because a step was picked up late. */
const MAX_SHIFTS = 3;
/** Where control and target are one cluster, its stalls must not look like dead generators. */
const HEARTBEAT_TIMEOUT_MS = { apart: 5000, shared: 15_000 };

/**
 * Runs every step of the profile on one timeline, then again what was spoilt. Stops early, between two iterations or
 * two such steps, where the history has grown long; `nextStep` then says where to go on.
 */
export async function runLoad(state: RunState): Promise<void> {
  let remaining: readonly PlannedStep[] = state.planned.slice(state.nextStep);
  for (let shifts = 0; remaining.length > 0; shifts += 1) {
    const { late, left } = await runStretch(state, remaining);
    if (late === undefined && left !== undefined) return pause(state, left.index, `iteration ${left.iteration}`);
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
  state.nextStep = state.planned.length;
  await rerunSpoiltHolds(state);
}

function pause(state: RunState, nextStep: number, what: string): void {
  state.notes.push(`the run's history had grown long: the load paused, and went on with ${what} in a new one`);
  state.nextStep = nextStep;
  state.pausedForNewHistory = true;
}

async function rerunSpoiltHolds(state: RunState): Promise<void> {
  for (let next = nextHoldToRerun(state); next !== undefined; next = nextHoldToRerun(state)) {
    const { hold, why } = next;
    if (state.needsNewHistory) return pause(state, state.planned.length, `the hold at ${hold.fromRate}/s`);
    state.notes.push(`the hold at ${hold.fromRate}/s ${why} and is run again (attempt ${hold.attempt + 1})`);
    const again = planRerun(state.planned, hold);
    state.planned.push(...again);
    await runStretch(state, again);
    state.nextStep = state.planned.length;
  }
}

/** A hold whose last attempt the death of a generator has spoilt, and which may be tried again. */
function nextHoldToRerun({ steps, spec }: RunState): { hold: PlannedStep; why: string } | undefined {
  for (const { step, measurement } of steps) {
    const isLast = !steps.some(({ step: other }) => other.name === step.name && other.attempt > step.attempt);
    const mayRepeat = step.attempt < spec.stepAttempts && measurement.cutShort === undefined;
    const why = step.kind === 'hold' && isLast && mayRepeat ? reasonToRerun(measurement, spec.maxGap) : undefined;
    if (why) return { hold: step as PlannedStep, why };
  }
  return undefined;
}

/** What a generator's death cost: arrivals that were not sent, or completions that nobody was there to see. */
function reasonToRerun(measurement: StepMeasurement, maxGap: number): string | undefined {
  const { gapArrivals, ledger, observation, audits } = measurement;
  if (gapArrivals > maxGap * ledger.scheduled) return 'had a gap';
  const died = audits.some((audit) => audit.attempts > 1);
  return died && observation.lost > LIMITS.lostSamplesShare * observation.chosen
    ? 'lost a generator and its samples with it'
    : undefined;
}

/**
 * Steps end to end from one instant. Each is asked for ahead of its time, and nobody waits for the completions of the
 * one before.
 *
 * @returns the first step that was picked up late, if one was: it and all after it did not run; and the first that was
 *   left for a new history
 */
async function runStretch(
  state: RunState,
  steps: readonly PlannedStep[],
): Promise<{ readonly late?: PlannedStep; readonly left?: PlannedStep }> {
  const offsetMs = steps[0]!.startMs;
  const startAtMs = Date.now() + LEAD_MS;
  if (state.loadStartMs === undefined) state.loadStartMs = startAtMs;
  else state.shifts.push({ step: steps[0]!.name, byMs: Math.round(startAtMs - state.loadStartMs - offsetMs) });

  const scope = new CancellationScope();
  const running: Promise<void>[] = [];
  let late: PlannedStep | undefined;
  let left: PlannedStep | undefined;
  let stopped = false;
  const stop = () => {
    stopped = true;
    scope.cancel();
  };

  const oneStep = async (step: PlannedStep) => {
    const at = startAtMs + step.startMs - offsetMs;
    const measurement = await executeStep(state, step, at, steps, offsetMs);
    if (measurement.cutShort === LATE && (late === undefined || step.index < late.index)) late = step;
    const facts = await judgeWhenComplete(state, step, at, measurement);
    state.finishStep(facts);
    const bad = facts.verdict && !(facts.verdict.passed && facts.validity?.valid);
    if (measurement.cutShort === LATE || (bad && state.spec.stopOnFail)) stop();
  };

  try {
    await scope.run(async () => {
      for (const step of steps) {
        const at = startAtMs + step.startMs - offsetMs;
        if (at - ARM_MS > Date.now()) await sleep(at - ARM_MS - Date.now());
        if (step.iteration > steps[0]!.iteration && beginsIteration(step, steps) && state.needsNewHistory) {
          left = step;
          break;
        }
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
  return { late, left: stopped ? undefined : left };
}

function beginsIteration(step: PlannedStep, steps: readonly PlannedStep[]): boolean {
  return steps.find(({ iteration }) => iteration === step.iteration) === step;
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
        connections: spec.connections,
        completionTimeoutMs: plan.completionTimeoutMs,
        heartbeatTimeoutMs: health?.sharesControlCluster ? HEARTBEAT_TIMEOUT_MS.shared : HEARTBEAT_TIMEOUT_MS.apart,
      },
    ],
  });
}

/**
 * Starts of which no client saw the completion, because nobody was told of them: until the server is asked, those that
 * were probably sent are taken to have completed. A gap's arrivals were probably not.
 */
function presumedCompletions({ ledger, gapArrivals }: StepMeasurement): number {
  return ledger.recovered + Math.max(0, ledger.inDoubt - gapArrivals);
}

/** A complete hold gets its verdict as soon as its completions are in: what a staircase stops at. */
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
    const judgement = await shortActivities.judgeStep({
      required: step.thresholds!,
      outcome: holdOutcome(
        measurement,
        step.durationMs,
        seen / state.plan.observeShare + presumedCompletions(measurement),
        notCompletedSeen(measurement),
      ),
      evidence: evidenceOf(measurement),
      hosts: hostsDuring(state.hosts, startAtMs, startAtMs + step.durationMs),
      maxGapShare: state.spec.maxGap,
    });
    return { ...facts, ...judgement };
  });
}
