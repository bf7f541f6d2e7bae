import { CancellationScope, isCancellation, TimeoutFailure, ActivityFailure } from '@temporalio/workflow';
import type { AbortLimits } from '../measurement/judging/abort';
import { addCounts, emptyLedger, total, type Counts } from '../measurement/account/ledger';
import { mergeLanes, noHistograms, type LaneResult, type StepMeasurement } from '../measurement/account/lane';
import { idleAudit } from '../measurement/account/generator-audit';
import type { GenerateLoadInput, LaneCheckpoint } from './activity-types';
import { collector, generators } from './proxies';

export interface LoadStepInput extends Omit<GenerateLoadInput, 'lane'> {
  /** The workflow that wants to hear how the step goes on. */
  readonly reportTo: string;
  /** How often it does. Milliseconds. */
  readonly reportEveryMs: number;
  /** When the step is to end the run. */
  readonly abortOn?: AbortLimits;
}

/** Why a lane of a step did nothing: it was picked up when its load should have been under way already. */
export const LATE = 'picked up late';
const CANCELED_BEFORE_START = 'cancelled before it began';

/**
 * One attempt of one step: a generator for each lane, and a collector that tells the run how they fare. Cancelled, it
 * still returns what its generators did.
 */
export async function LoadStep(input: LoadStepInput): Promise<StepMeasurement> {
  const { run, reportTo, reportEveryMs, abortOn } = input;
  const lanes = new CancellationScope();
  const collecting = new CancellationScope();
  const watching = collecting
    .run(() => collector.collectProgress({ run, reportTo, reportEveryMs, stepIndex: input.step.index, abortOn }))
    .catch((err: unknown) => {
      // What the collector reports is for the eye; the measurement does not depend on it.
      if (!isCancellation(err)) return;
    });
  const { startAtMs, step } = input;
  const observing = collecting
    .run(() => {
      const { durationMs, kind } = step;
      return collector.observeTarget({ run, startAtMs, durationMs, readServer: kind === 'hold' });
    })
    // A measurement stands without knowing what the target did meanwhile.
    .catch(() => undefined);
  const results = await lanes.run(() =>
    Promise.all(
      Array.from({ length: input.lanes }, async (_, lane) => {
        const result = await runLane(input, lane);
        if (result.cutShort === LATE) lanes.cancel();
        return result;
      }),
    ),
  );
  const target = results.some(({ cutShort }) => cutShort !== undefined) ? undefined : await observing;
  collecting.cancel();
  await Promise.all([watching, observing]);
  return { ...mergeLanes(results), ...(target === undefined ? {} : { target }) };
}

async function runLane(
  { reportTo: _to, reportEveryMs: _every, abortOn: _on, ...input }: LoadStepInput,
  lane: number,
): Promise<LaneResult> {
  const longestMs = input.step.durationMs + input.completionTimeoutMs;
  const { generateLoad } = generators(input.step.index, longestMs, input.heartbeatTimeoutMs);
  try {
    return await generateLoad({ ...input, lane });
  } catch (err) {
    if (isCancellation(err)) return emptyLane(lane, CANCELED_BEFORE_START);
    const checkpoint = lastCheckpoint(err);
    if (checkpoint === undefined) throw err;
    return laneFromCheckpoint(lane, checkpoint);
  }
}

/** A generator that never came back has left its last heartbeat: what it says is kept, what was open is in doubt. */
function lastCheckpoint(err: unknown): LaneCheckpoint | undefined {
  if (err instanceof ActivityFailure && err.cause instanceof TimeoutFailure) {
    return err.cause.lastHeartbeatDetails as LaneCheckpoint | undefined;
  }
  return undefined;
}

function laneFromCheckpoint(lane: number, checkpoint: LaneCheckpoint): LaneResult {
  const { ledger, observation } = checkpoint;
  const booked =
    ledger.acknowledged + ledger.recovered + ledger.inDoubt + countAll(ledger.rejected, ledger.skipped, ledger.unknown);
  const { completed, chosen, failed } = observation;
  return {
    ...emptyLane(lane, 'the generator was lost'),
    ledger: { ...ledger, inDoubt: ledger.inDoubt + ledger.scheduled - booked },
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
