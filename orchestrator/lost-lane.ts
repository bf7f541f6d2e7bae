import { kindAt } from '../load-workflows/kinds';
import { idleAudit } from '../measurement/account/generator-audit';
import { noHistograms, type LaneResult } from '../measurement/account/lane';
import { emptyLedger, total } from '../measurement/account/ledger';
import { emptyParts, withScheduled } from '../measurement/account/mix';
import { openSequences } from '../measurement/account/open-set';
import { SequenceSet } from '../measurement/account/sequence-set';
import { mergeSeries, packSeries, scheduledSeries, spread } from '../measurement/account/series';
import { arrivalsFrom, dueTimes, firstDueAt, type LaneSchedule } from '../measurement/load/arrivals';
import type { GenerateLoadInput, LaneCheckpoint } from './activity-types';

/** Where a lane is in the load, and which arrivals it has. */
type LaneShare = Pick<
  GenerateLoadInput,
  'step' | 'lanes' | 'process' | 'seed' | 'startAtMs' | 'kinds' | 'seriesWidthMs'
>;

/** Beyond this number of runs, sequences are not listed and are settled by count. */
const MAX_RUNS = 500;

/** Returns the result of a lane that sent nothing. */
export function emptyLane(lane: number, cutShort: string): LaneResult {
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

/**
 * Returns the result of a lane that no generator returns: the account of its last heartbeat. Arrivals that were open then,
 * and arrivals that have fallen due since, are in doubt, because the generator may have sent them.
 *
 * @param checkpoint the last heartbeat; if it is unknown, every arrival that has fallen due is in doubt
 * @param nowMs the time until which the generator may have sent: milliseconds since the epoch
 */
export function lostLane(
  share: LaneShare,
  lane: number,
  checkpoint: LaneCheckpoint | undefined,
  nowMs: number,
  cutShort: string,
): LaneResult {
  const { step, lanes, process, seed, startAtMs, kinds, seriesWidthMs } = share;
  const schedule = { line: step, lineIndex: step.index, lane, lanes, process, seed };
  const due = firstDueAt(schedule, nowMs - startAtMs);
  const kindOf = (sequence: number) => kindAt(kinds, lane, sequence);
  if (checkpoint === undefined) {
    return {
      ...emptyLane(lane, cutShort),
      ledger: { ...emptyLedger, scheduled: due, inDoubt: due },
      provisional: { rejected: {}, unknown: {}, inDoubt: due === 0 ? [] : [0, due] },
      parts: withScheduled(emptyParts(kinds.map(({ workload }) => workload)), kindOf, 0, due),
      series: packSeries(scheduledSeries(dueTimes(schedule, 0, due), seriesWidthMs)),
      gapArrivals: due,
      interruptions: [{ fromMs: 0 }],
    };
  }
  const { ledger, observation, cursor, provisional } = checkpoint;
  const { completed, chosen, failed } = observation;
  const sinceHeartbeat = Math.max(0, due - cursor.next);
  const doubtful = SequenceSet.from(provisional.inDoubt ?? []);
  for (const sequence of openSequences(cursor)) doubtful.add(sequence);
  doubtful.addRun(cursor.next, sinceHeartbeat);
  const newlyDoubtful = openSequences(cursor).length + sinceHeartbeat;
  const areListed = provisional.inDoubt !== null && doubtful.runCount <= MAX_RUNS;
  return {
    ...emptyLane(lane, cutShort),
    ledger: { ...ledger, scheduled: cursor.next + sinceHeartbeat, inDoubt: ledger.inDoubt + newlyDoubtful },
    provisional: { ...provisional, inDoubt: areListed ? doubtful.encode() : null },
    observation: { ...observation, lost: chosen - completed - total(failed), pending: 0 },
    histograms: checkpoint.histograms,
    completedDuring: checkpoint.completedDuring,
    parts: withScheduled(checkpoint.parts, kindOf, cursor.next, due),
    series: packSeries(
      mergeSeries([
        checkpoint.series ? spread(checkpoint.series) : [],
        scheduledSeries(dueTimes(schedule, cursor.next, due), seriesWidthMs),
      ]),
    ),
    gapArrivals: checkpoint.gapArrivals + sinceHeartbeat,
    interruptions: [
      ...(checkpoint.interruptions ?? []),
      { fromMs: lostAtMs(schedule, cursor.next, nowMs - startAtMs) },
    ],
  };
}

function lostAtMs(schedule: LaneSchedule, next: number, nowMs: number): number {
  return Math.max(0, Math.round(Math.min(nowMs, arrivalsFrom(schedule, next).dueMs)));
}
