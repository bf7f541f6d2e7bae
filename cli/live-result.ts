import { mergeLanes, type LaneResult } from '../measurement/account/lane';
import { idleAudit } from '../measurement/account/generator-audit';
import { packSeries, spread } from '../measurement/account/series';
import type { LaneCheckpoint } from '../orchestrator/activity-types';
import type { ProgressStep } from '../orchestrator/messages';
import type { StepFacts } from '../report/facts';
import { IN_PROGRESS, withStepsInProgress } from '../report/interim';
import type { BenchmarkResult } from '../report/result-schema';
import type { LiveStep, RunUpdate } from './run-watch';

/** The last intervals of a lane's series are incomplete: those in which its last two heartbeats fell. */
const INCOMPLETE_INTERVALS = 2;

/** Returns the result of a run as far as it is known now; undefined if the run has not answered yet, or is of an older version. */
export function liveResult({ interim, steps, progress }: RunUpdate): BenchmarkResult | undefined {
  if (interim === undefined || progress === undefined) return undefined;
  const running = steps.flatMap((step) => (step.planned ? [factsOf(step, step.planned, progress.loadStartMs)] : []));
  return withStepsInProgress(interim, running, progress.seriesWidthMs);
}

function factsOf({ lanes }: LiveStep, planned: ProgressStep, loadStartMs: number): StepFacts {
  const { number, kind, name = String(number), iteration = 1, attempt, fromRate, toRate, durationMs } = planned;
  const { startAtMs, startMs = startAtMs - loadStartMs } = planned;
  const measurement = mergeLanes(lanes.map(soFar));
  return {
    step: {
      ...{ index: number - 1, name, iteration, attempt, fromRate, toRate, startMs, durationMs },
      kind: kind as StepFacts['step']['kind'],
    },
    startAtMs,
    measurement,
    settled: measurement.ledger,
  };
}

/** Returns what a lane has done until its last heartbeat. */
function soFar(checkpoint: LaneCheckpoint): LaneResult {
  const { lane, ledger, provisional, observation, histograms, completedDuring, parts, gapArrivals, series } =
    checkpoint;
  const { interruptions = [] } = checkpoint;
  const points = series ? spread(series).filter(({ index }) => index < series.end - INCOMPLETE_INTERVALS) : [];
  return {
    ...{ lane, ledger, provisional, observation, histograms, completedDuring, parts, gapArrivals },
    series: packSeries(points),
    audit: idleAudit,
    ...(interruptions.length === 0 ? {} : { interruptions }),
    cutShort: IN_PROGRESS,
  };
}
