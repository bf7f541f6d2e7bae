import { CancellationScope, isCancellation, TimeoutFailure, ActivityFailure } from '@temporalio/workflow';
import type { AbortLimits } from '../measurement/judging/abort';
import { addCounts, emptyLedger, total, type Counts } from '../measurement/account/ledger';
import { mergeLanes, noHistograms, type LaneResult, type StepMeasurement } from '../measurement/account/lane';
import { idleAudit } from '../measurement/account/generator-audit';
import type { GenerateLoadInput, LaneCheckpoint, StepQueues } from './activity-types';
import { laneQueueOf, PICKED_UP_LATE } from './names';
import { collectorActivities, generatorActivities } from './proxies';

export interface LoadStepInput extends Omit<GenerateLoadInput, 'lane'> {
  /** The id of the workflow that receives snapshots of the step. */
  readonly reportTo: string;
  /** The interval of the snapshots. Milliseconds. */
  readonly reportEveryMs: number;
  /** The conditions under which the step ends the run. */
  readonly abortOn?: AbortLimits;
}

/** The reason why a lane did nothing: it was canceled before its generator had started. */
const CANCELED_BEFORE_START = 'canceled before it began';

/**
 * Runs one attempt of one step: a generator per lane, a collector that reports progress to the run, and an observer of the
 * target. If it is canceled, it still returns what its generators have measured.
 */
export async function LoadStep(input: LoadStepInput): Promise<StepMeasurement> {
  const { run, reportTo, reportEveryMs, abortOn } = input;
  const queues = queuesOf(input);
  const lanes = new CancellationScope();
  const collecting = new CancellationScope();
  const reporting = collecting
    .run(() =>
      collectorActivities.collectProgress({
        run,
        queues,
        reportTo,
        reportEveryMs,
        stepIndex: input.step.index,
        abortOn,
      }),
    )
    .catch((err: unknown) => {
      // The collector only reports progress. The measurement does not depend on it.
      if (!isCancellation(err)) return;
    });
  const { startAtMs, step } = input;
  const observing = collecting
    .run(() => {
      const { durationMs, kind } = step;
      return collectorActivities.observeTarget({ run, queues, startAtMs, durationMs, readServer: kind === 'hold' });
    })
    // The measurement is valid without the observation of the target.
    .catch(() => undefined);
  const results = await lanes.run(() =>
    Promise.all(
      Array.from({ length: input.lanes }, async (_, lane) => {
        const result = await runLane(input, lane);
        if (result.cutShort === PICKED_UP_LATE) lanes.cancel();
        return result;
      }),
    ),
  );
  const target = results.some(({ cutShort }) => cutShort !== undefined) ? undefined : await observing;
  collecting.cancel();
  await Promise.all([reporting, observing]);
  const measurement = { ...mergeLanes(results), ...(target === undefined ? {} : { target }) };
  // The other lanes were canceled because one was late, so the step as a whole was late.
  return results.some(({ cutShort }) => cutShort === PICKED_UP_LATE)
    ? { ...measurement, cutShort: PICKED_UP_LATE }
    : measurement;
}

/** Returns the task queues of the step's workflows. */
function queuesOf({ run, step, lanes, kinds, executor }: LoadStepInput): StepQueues {
  const names =
    executor === 'lean'
      ? Array.from({ length: lanes }, (_, lane) => laneQueueOf(run.taskQueue, step.name, step.attempt, lane))
      : [run.taskQueue];
  return { names, types: kinds.some(({ activities }) => activities) ? ['workflow', 'activity'] : ['workflow'] };
}

async function runLane(
  { reportTo: _to, reportEveryMs: _every, abortOn: _on, ...input }: LoadStepInput,
  lane: number,
): Promise<LaneResult> {
  const longestMs = input.step.durationMs + input.completionTimeoutMs;
  const { generateLoad } = generatorActivities(input.step.index, longestMs, input.heartbeatTimeoutMs);
  try {
    return await generateLoad({ ...input, lane });
  } catch (err) {
    if (isCancellation(err)) return emptyLane(lane, CANCELED_BEFORE_START);
    const checkpoint = lastCheckpoint(err);
    if (checkpoint === undefined) throw err;
    return laneFromCheckpoint(lane, checkpoint);
  }
}

/** Returns the last heartbeat of a generator that timed out; undefined for any other error. */
function lastCheckpoint(err: unknown): LaneCheckpoint | undefined {
  if (err instanceof ActivityFailure && err.cause instanceof TimeoutFailure) {
    return err.cause.lastHeartbeatDetails as LaneCheckpoint | undefined;
  }
  return undefined;
}

/** Returns the result of a lane whose generator was lost: its last account, with the open arrivals in doubt. */
function laneFromCheckpoint(lane: number, checkpoint: LaneCheckpoint): LaneResult {
  const { ledger, observation } = checkpoint;
  const accounted =
    ledger.acknowledged + ledger.recovered + ledger.inDoubt + countAll(ledger.rejected, ledger.skipped, ledger.unknown);
  const { completed, chosen, failed } = observation;
  return {
    ...emptyLane(lane, 'the generator was lost'),
    ledger: { ...ledger, inDoubt: ledger.inDoubt + ledger.scheduled - accounted },
    provisional: { ...checkpoint.provisional, inDoubt: null },
    observation: { ...observation, lost: chosen - completed - countAll(failed), pending: 0 },
    histograms: checkpoint.histograms,
    completedDuring: checkpoint.completedDuring,
    parts: checkpoint.parts,
    gapArrivals: checkpoint.gapArrivals,
  };
}

function countAll(...counts: Counts[]): number {
  return total(addCounts(...counts));
}

function emptyLane(lane: number, cutShort: string): LaneResult {
  return {
    lane,
    ledger: emptyLedger,
    provisional: { rejected: {}, unknown: {}, inDoubt: [] },
    observation: { chosen: 0, completed: 0, failed: {}, lost: 0, pending: 0 },
    histograms: noHistograms,
    completedDuring: [],
    parts: [],
    series: [],
    audit: idleAudit,
    gapArrivals: 0,
    cutShort,
  };
}
