import { longestWaitMs } from '../load-workflows/kinds';
import type { AbortLimits } from '../measurement/judging/abort';
import { layOut, expectedArrivals, peakRate, type RateLine, type RateSegment } from '../measurement/load/profile';
import { seriesWidthMs } from '../measurement/account/series';
import { defaultThresholds, type Thresholds } from '../measurement/judging/verdict';
import { durationMs } from '../spec/duration';
import type { BenchmarkSpec } from '../spec/parse';

/** Every start gets an answer within this, or counts as unknown. The SDK has no such limit of its own (law 6). */
export const START_DEADLINE_MS = 10_000;

/**
 * Long polls for completions that a run holds open at the most, over all lanes. The server allows
 * `frontend.namespaceCount` = 1200 per frontend, namespace and API; half of that stays well under it.
 */
export const OBSERVER_LIMIT = 600;

export type StepKind = 'ramp' | 'hold' | 'lead-in' | 'warm-up';

/** One straight line of rate on the timeline. */
export interface PlannedStep extends RateLine {
  /** Position in the plan, from 0; steps that are run again are appended. */
  readonly index: number;
  /** Its name in workflow ids: the position it was first planned at, from 1, with an `r` for a lead-in. */
  readonly name: string;
  readonly kind: StepKind;
  /** Which pass over the profile it belongs to, from 1. */
  readonly iteration: number;
  readonly attempt: number;
  /** What a hold has to reach; ramps are not judged. */
  readonly thresholds?: Thresholds;
}

/** Everything a run will do, decided before anything is contacted. */
export interface Plan {
  readonly steps: readonly PlannedStep[];
  readonly lanes: number;
  readonly durationMs: number;
  /** Expected arrivals: exact for uniform ones, the mean for Poisson. */
  readonly arrivals: number;
  readonly peakRate: number;
  readonly seriesWidthMs: number;
  /** Share of the arrivals whose completion is observed, chosen when they are scheduled: 1 = all. */
  readonly observeShare: number;
  /** Starts without an answer that one lane may have under way; arrivals beyond it are skipped. */
  readonly maxInFlightPerLane: number;
  readonly completionTimeoutMs: number;
  /** What the workload itself waits for, the longest of a mix. Milliseconds. */
  readonly waitingMs: number;
  /** How often the lanes' heartbeats are merged into a snapshot for the run. Milliseconds. */
  readonly snapshotEveryMs: number;
  /** When the run is to end early; absent where it never is. */
  readonly abortOn?: AbortLimits;
  /** Events one iteration adds to the run's history, at the most, where nothing has to be run again. */
  readonly eventsPerIteration: number;
}

/** A snapshot for the run's live view is taken this often, and rarer where a history would grow too long. */
const SNAPSHOT_MS = 15_000;
const MAX_SNAPSHOTS = 600;
/** A signal, and the workflow task that takes it. */
const EVENTS_PER_SNAPSHOT = 4;
/** A step's child workflow, its verdict, its hosts, and a workflow task for each. */
const EVENTS_PER_STEP = 32;

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
    observeShare: observeShare(spec, peak),
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

/** One pass: a ramp from standstill, then the hold, or each hold of a staircase. */
function segmentsOfIteration(spec: BenchmarkSpec, iteration: number): PlannedSegment[] {
  const rampUpMs = durationMs(spec.rampUp);
  const rates = spec.stages ?? [spec.rate];
  const holdMs = spec.stages === undefined ? durationMs(spec.duration) - rampUpMs : durationMs(spec.hold);
  const isWarmUp = spec.warmUp && iteration === 1;
  const ramp: PlannedSegment = { kind: 'ramp', iteration, durationMs: rampUpMs, fromRate: 0, toRate: rates[0]! };
  const holds = rates.map((rate): PlannedSegment => {
    const line = { iteration, durationMs: holdMs, fromRate: rate, toRate: rate };
    return isWarmUp ? { ...line, kind: 'warm-up' } : { ...line, kind: 'hold', thresholds: thresholdsOf(spec, rate) };
  });
  return rampUpMs > 0 ? [ramp, ...holds] : holds;
}

export function thresholdsOf(spec: BenchmarkSpec, rate: number): Thresholds {
  const defaults = defaultThresholds(rate, longestWaitMs(spec));
  return {
    maxP99LatencyMs: spec.maxP99 === undefined ? defaults.maxP99LatencyMs : durationMs(spec.maxP99),
    minThroughput: spec.minThroughput ?? defaults.minThroughput,
    maxErrorRate: spec.maxErrorRate,
  };
}

/**
 * By Little's law, rate × latency completions are awaited at once. With latency at the threshold, every completion
 * is observed as long as that fits under {@link OBSERVER_LIMIT}, and a sample of that size beyond it.
 */
function observeShare(spec: BenchmarkSpec, peak: number): number {
  const awaited = peak * (thresholdsOf(spec, peak).maxP99LatencyMs / 1000);
  return Math.min(1, OBSERVER_LIMIT / awaited);
}

/**
 * Steps that were picked up too late, once more as new attempts, in the same order and shape, after everything
 * planned so far: a shifted timeline.
 */
export function planShifted(steps: readonly PlannedStep[], late: readonly PlannedStep[]): PlannedStep[] {
  const offsetMs = endOf(steps) - late[0]!.startMs;
  return late.map((step, i) => ({
    ...step,
    startMs: step.startMs + offsetMs,
    index: steps.length + i,
    attempt: step.attempt + 1,
  }));
}

function endOf(steps: readonly PlannedStep[]): number {
  return steps.reduce((latest, step) => Math.max(latest, step.startMs + step.durationMs), 0);
}

/** How long the lead-in before a hold that is run again lasts: a quarter of it, ten seconds at the most. */
const LEAD_IN_MAX_MS = 10_000;

/**
 * A hold that a gap spoilt, once more: a lead-in from standstill, outside the statistics, then the same hold. Both
 * get a place of their own after all steps planned so far; the hold keeps its name and counts its attempt up.
 */
export function planRerun(steps: readonly PlannedStep[], hold: PlannedStep): PlannedStep[] {
  const end = endOf(steps);
  const attempt = hold.attempt + 1;
  const leadInMs = Math.min(LEAD_IN_MAX_MS, Math.round(hold.durationMs / 4));
  const laid = layOut<PlannedSegment>([
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
  return laid.map((line, i) => ({
    ...line,
    startMs: end + line.startMs,
    index: steps.length + i,
    name: line.kind === 'lead-in' ? `${hold.name}r` : hold.name,
    attempt,
  }));
}
