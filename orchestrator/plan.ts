import { longestWaitMs } from '../load-workflows/kinds';
import type { AbortLimits } from '../measurement/judging/abort';
import { layOut, expectedArrivals, peakRate, type RateLine, type RateSegment } from '../measurement/load/profile';
import { seriesWidthMs } from '../measurement/account/series';
import { defaultThresholds, type Thresholds } from '../measurement/judging/verdict';
import { durationMs } from '../spec/duration';
import { executorOf } from '../spec/executor';
import type { BenchmarkSpec } from '../spec/parse';

/** A start without an answer within this time is unknown. The SDK has no such limit of its own (law 6). */
export const START_DEADLINE_MS = 10_000;

/**
 * The maximum number of open long polls for completions, over all lanes. The server allows `frontend.namespaceCount`
 * (default 1200) per frontend, namespace and API; this is half of it.
 */
export const OBSERVER_LIMIT = 600;
/** The limit may be exceeded by this factor for a moment, because the number of long polls varies. */
const OBSERVER_MARGIN = 1.5;
/** Completions that a lane may await at the same time if its generator executes the workflows: they cost memory only. */
const MAX_OWN_AWAITED = 100_000;

export type StepKind = 'ramp' | 'hold' | 'lead-in' | 'warm-up';

/** One section of the timeline in which the target rate is constant or changes linearly. */
export interface PlannedStep extends RateLine {
  /** Position in the plan, from 0. Repeated steps are appended. */
  readonly index: number;
  /** The name in workflow ids: the position at which the step was first planned, from 1; a lead-in has an `r` appended. */
  readonly name: string;
  readonly kind: StepKind;
  /** Which pass over the profile it belongs to, from 1. */
  readonly iteration: number;
  readonly attempt: number;
  /** The thresholds of a hold. Other steps have none. */
  readonly thresholds?: Thresholds;
  /** Share of the completions to observe, 0–1, if it is not that of the plan: steps of a search have rates of their own. */
  readonly observeShare?: number;
}

/** Everything that a run will do. It is computed from the spec alone, before any server is contacted. */
export interface Plan {
  readonly steps: readonly PlannedStep[];
  readonly lanes: number;
  readonly durationMs: number;
  /** Expected arrivals: exact for uniform ones, the mean for Poisson. */
  readonly arrivals: number;
  readonly peakRate: number;
  readonly seriesWidthMs: number;
  /** Share of the arrivals whose completion is observed, 0–1. They are chosen when they are scheduled. */
  readonly observeShare: number;
  /** Unanswered starts per lane, at most. Arrivals beyond it are skipped. */
  readonly maxInFlightPerLane: number;
  readonly completionTimeoutMs: number;
  /** How long the workload waits by design; in a mix, the longest. Milliseconds. */
  readonly waitingMs: number;
  /** How often the lanes' heartbeats are merged into a snapshot for the run. Milliseconds. */
  readonly snapshotEveryMs: number;
  /** The conditions that end the run early, if any. */
  readonly abortOn?: AbortLimits;
  /** Events that one iteration adds to the run's history, at most, if no step is repeated. */
  readonly eventsPerIteration: number;
}

/** The interval of snapshots for the live view. It is longer if the history would grow too long. */
const SNAPSHOT_MS = 15_000;
const MAX_SNAPSHOTS = 600;
/** A signal and the workflow task that handles it. */
const EVENTS_PER_SNAPSHOT = 4;
/** The step's child workflow, its verdict, its hosts' reports, and the workflow tasks of these. */
const EVENTS_PER_STEP = 32;

/** Returns the plan of a run. */
export function planOf(spec: BenchmarkSpec): Plan {
  const segments = segmentsOf(spec);
  const steps = layOut(segments).map((line, index) => ({ ...line, index, name: String(index + 1), attempt: 1 }));
  const timelineMs = steps.reduce((sum, step) => sum + step.durationMs, 0);
  const peak = peakRate(steps);
  const waitingMs = longestWaitMs(spec);
  return {
    steps,
    lanes: spec.lanes,
    durationMs: timelineMs,
    arrivals: Math.round(steps.reduce((sum, step) => sum + expectedArrivals(step, step.durationMs), 0)),
    peakRate: peak,
    seriesWidthMs: seriesWidthMs(timelineMs),
    observeShare: observeShare(spec, thresholdsOf(spec).maxP99LatencyMs, peak),
    maxInFlightPerLane: Math.max(100, Math.ceil((peak / spec.lanes) * (START_DEADLINE_MS / 1000) * 1.1)),
    completionTimeoutMs: durationMs(spec.completionTimeout) + waitingMs,
    waitingMs,
    abortOn: abortLimitsOf(spec),
    ...historyOf(timelineMs / spec.iterations, steps.length / spec.iterations),
  };
}

function abortLimitsOf(spec: BenchmarkSpec): AbortLimits | undefined {
  const { abortOnErrorRate: errorRate, abortOnP99, abortOnBacklogAge, abortWindow } = spec;
  if (errorRate === undefined && abortOnP99 === undefined && abortOnBacklogAge === undefined) return undefined;
  const ms = (text: string | undefined) => (text === undefined ? undefined : durationMs(text));
  return { windowMs: durationMs(abortWindow), errorRate, p99Ms: ms(abortOnP99), backlogAgeMs: ms(abortOnBacklogAge) };
}

function historyOf(iterationMs: number, stepsPerIteration: number) {
  const snapshotEveryMs = Math.max(SNAPSHOT_MS, Math.ceil(iterationMs / MAX_SNAPSHOTS));
  const snapshots = Math.ceil(iterationMs / snapshotEveryMs) + 2 * stepsPerIteration;
  return {
    snapshotEveryMs,
    eventsPerIteration: snapshots * EVENTS_PER_SNAPSHOT + stepsPerIteration * EVENTS_PER_STEP,
  };
}

type PlannedSegment = RateSegment & Pick<PlannedStep, 'kind' | 'iteration' | 'thresholds'>;

function segmentsOf(spec: BenchmarkSpec): PlannedSegment[] {
  return Array.from({ length: spec.iterations }, (_, i) => segmentsOfIteration(spec, i + 1)).flat();
}

/** Returns one iteration: a ramp from 0, then the hold, or the holds of a staircase. */
function segmentsOfIteration(spec: BenchmarkSpec, iteration: number): PlannedSegment[] {
  const rampUpMs = durationMs(spec.rampUp);
  const rates = spec.stages ?? [spec.rate];
  const holdMs = spec.stages === undefined ? durationMs(spec.duration) - rampUpMs : durationMs(spec.hold);
  const isWarmUp = spec.warmUp && iteration === 1;
  const ramp: PlannedSegment = { kind: 'ramp', iteration, durationMs: rampUpMs, fromRate: 0, toRate: rates[0]! };
  const holds = rates.map((rate): PlannedSegment => {
    const line = { iteration, durationMs: holdMs, fromRate: rate, toRate: rate };
    return isWarmUp ? { ...line, kind: 'warm-up' } : { ...line, kind: 'hold', thresholds: thresholdsOf(spec) };
  });
  return rampUpMs > 0 ? [ramp, ...holds] : holds;
}

export function thresholdsOf(spec: BenchmarkSpec): Thresholds {
  const defaults = defaultThresholds(longestWaitMs(spec));
  return {
    maxP99LatencyMs: spec.maxP99 === undefined ? defaults.maxP99LatencyMs : durationMs(spec.maxP99),
    ...(spec.minThroughput === undefined ? {} : { minThroughput: spec.minThroughput }),
    maxErrorRate: spec.maxErrorRate,
  };
}

/**
 * Returns the share of completions to observe. By Little's law, rate × latency completions are awaited at the same time.
 * With the latency at its threshold, all are observed if they fit under {@link OBSERVER_LIMIT}, otherwise as many as fit.
 * Generators that execute the workflows themselves observe every completion.
 */
export function observeShare(spec: BenchmarkSpec, maxP99LatencyMs: number, ratePerSecond: number): number {
  if (executorOf(spec) === 'lean') return 1;
  return Math.min(1, (spec.lanes * meanObservers(spec.lanes)) / (ratePerSecond * (maxP99LatencyMs / 1000)));
}

/** Returns how many completions one lane may await at the same time. Beyond it, samples are lost. */
export function maxObservers(spec: BenchmarkSpec): number {
  return executorOf(spec) === 'lean' ? MAX_OWN_AWAITED : Math.floor((OBSERVER_LIMIT * OBSERVER_MARGIN) / spec.lanes);
}

/**
 * Returns the mean number of completions that one of n lanes may await. The number m varies by √m, so the mean is such that
 * m + 5√m is the lane's maximum: the more lanes, the smaller the mean in comparison. √m = (√(25 + 4 · maximum) − 5) / 2.
 */
function meanObservers(lanes: number): number {
  const root = (Math.sqrt(25 + (4 * OBSERVER_LIMIT * OBSERVER_MARGIN) / lanes) - 5) / 2;
  return Math.min(OBSERVER_LIMIT / lanes, root * root);
}

/** Returns the steps that were picked up late as new attempts after all planned steps, in the same order and shape. */
export function planShifted(steps: readonly PlannedStep[], late: readonly PlannedStep[]): PlannedStep[] {
  const offsetMs = endOf(steps) - late[0]!.startMs;
  return late.map((step, i) => ({
    ...step,
    startMs: step.startMs + offsetMs,
    index: steps.length + i,
    attempt: step.attempt + 1,
  }));
}

export function endOf(steps: readonly PlannedStep[]): number {
  return steps.reduce((latest, step) => Math.max(latest, step.startMs + step.durationMs), 0);
}

/** The lead-in before a repeated hold lasts a quarter of the hold, but at most this long. */
const LEAD_IN_MAX_MS = 10_000;

/**
 * Returns a repetition of a spoilt hold after all planned steps: a lead-in from 0, which is not part of the statistics,
 * and the same hold with its name and the next attempt number.
 */
export function planRerun(steps: readonly PlannedStep[], hold: PlannedStep): PlannedStep[] {
  const end = endOf(steps);
  // An attempt that was picked up late has a number, too.
  const attempt = Math.max(...steps.filter(({ name }) => name === hold.name).map((step) => step.attempt)) + 1;
  const leadInMs = Math.min(LEAD_IN_MAX_MS, Math.round(hold.durationMs / 4));
  const rerun = layOut<PlannedSegment>([
    { kind: 'lead-in', iteration: hold.iteration, durationMs: leadInMs, fromRate: 0, toRate: hold.fromRate },
    {
      kind: 'hold',
      iteration: hold.iteration,
      durationMs: hold.durationMs,
      fromRate: hold.fromRate,
      toRate: hold.toRate,
      thresholds: hold.thresholds,
    },
  ]);
  return rerun.map((line, i) => ({
    ...line,
    startMs: end + line.startMs,
    index: steps.length + i,
    name: line.kind === 'lead-in' ? `${hold.name}r` : hold.name,
    attempt,
  }));
}
