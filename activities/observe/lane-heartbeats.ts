import type { Connection } from '@temporalio/client';
import { defaultPayloadConverter, fromPayloadsAtIndex } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { mergeHistograms, summarize } from '../../measurement/account/histogram';
import { mergeLedgers, total } from '../../measurement/account/ledger';
import type { LaneCheckpoint, LaneRecords, StepSnapshot } from '../../orchestrator/activity-types';

const { PENDING_ACTIVITY_STATE_STARTED } = temporal.api.enums.v1.PendingActivityState;

/**
 * Returns the last heartbeat details of a workflow's pending activities of one type. A workflow cannot read the
 * heartbeats of its activities, but a client that describes the workflow can.
 */
export async function pendingHeartbeats<T>(
  connection: Connection,
  namespace: string,
  workflowId: string,
  activityType: string,
): Promise<T[]> {
  const { pendingActivities } = await connection.withDeadline(Date.now() + 5000, () =>
    connection.workflowService.describeWorkflowExecution({ namespace, execution: { workflowId } }),
  );
  return pendingActivities
    .filter((activity) => activity.activityType?.name === activityType && activity.heartbeatDetails?.payloads?.length)
    .map((activity) => fromPayloadsAtIndex<T>(defaultPayloadConverter, 0, activity.heartbeatDetails!.payloads));
}

/** The size of all heartbeats that {@link readLanes} returns, at most: a payload may have 2 MB. */
const MAX_RECORD_CHARACTERS = 1_000_000;

/**
 * Returns the last heartbeats of a step's lanes that wait for a generator, and which lanes have begun. Heartbeats that do
 * not fit into one payload are left out.
 */
export async function readLanes(
  connection: Connection,
  namespace: string,
  stepWorkflowId: string,
): Promise<LaneRecords> {
  const { pendingActivities } = await connection.withDeadline(Date.now() + 1000, () =>
    connection.workflowService.describeWorkflowExecution({ namespace, execution: { workflowId: stepWorkflowId } }),
  );
  const lanes = pendingActivities.filter(
    ({ activityType, heartbeatDetails }) => activityType?.name === 'generateLoad' && heartbeatDetails?.payloads?.length,
  );
  const waiting: LaneCheckpoint[] = [];
  const begun: number[] = [];
  let characters = 0;
  for (const { state, heartbeatDetails } of lanes) {
    const payloads = heartbeatDetails!.payloads!;
    const checkpoint = fromPayloadsAtIndex<LaneCheckpoint>(defaultPayloadConverter, 0, payloads);
    begun.push(checkpoint.lane);
    characters += payloads[0]!.data?.length ?? 0;
    if (state === PENDING_ACTIVITY_STATE_STARTED || characters > MAX_RECORD_CHARACTERS) continue;
    waiting.push(checkpoint);
  }
  return { waiting, begun };
}

/** Returns the last heartbeat of each lane of a step. */
export async function lanesOf(
  connection: Connection,
  namespace: string,
  stepWorkflowId: string,
): Promise<LaneCheckpoint[]> {
  return await pendingHeartbeats<LaneCheckpoint>(connection, namespace, stepWorkflowId, 'generateLoad');
}

/**
 * Keeps the last heartbeat of each lane of a step. A lane that has returned no longer has one, but what it has done still
 * belongs to the step: sums over the lanes must not shrink.
 */
export class LaneRecorder {
  private readonly last = new Map<number, LaneCheckpoint>();

  /** Takes the current heartbeats and returns the last one of every lane that ever had one. */
  record(current: readonly LaneCheckpoint[]): LaneCheckpoint[] {
    for (const lane of current) this.last.set(lane.lane, lane);
    const present = new Set(current.map(({ lane }) => lane));
    return [...this.last.values()].map((one) => (present.has(one.lane) ? one : { ...one, inFlight: 0, awaited: 0 }));
  }
}

/** Merges the heartbeats of a step's lanes; undefined if there are none. */
export function snapshotOf(lanes: readonly LaneCheckpoint[], stepIndex: number): StepSnapshot | undefined {
  if (lanes.length === 0) return undefined;
  const latency = summarize(mergeHistograms(lanes.map((lane) => lane.histograms.latency)));
  return {
    stepIndex,
    lanesReporting: lanes.length,
    ledger: mergeLedgers(lanes.map((lane) => lane.ledger)),
    completed: lanes.reduce((sum, lane) => sum + lane.observation.completed, 0),
    failed: lanes.reduce((sum, lane) => sum + total(lane.observation.failed), 0),
    inFlight: lanes.reduce((sum, lane) => sum + lane.inFlight, 0),
    awaited: lanes.reduce((sum, lane) => sum + lane.awaited, 0),
    latencyP50Ms: latency.p50.ms,
    latencyP99Ms: latency.p99.ms,
  };
}
