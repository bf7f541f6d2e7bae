import type { Connection } from '@temporalio/client';
import pMap from 'p-map';
import type { temporal } from '@temporalio/proto';
import { emptyHistogram, encodeHistogram, recordMs } from '../../measurement/account/histogram';
import type { RunRef, SampledStep, WorkloadSample } from '../../orchestrator/activity-types';
import { arrivalIdPrefix } from '../../orchestrator/names';
import type { TargetConnections } from '../../temporal/target-connections';
import { status } from '@grpc/grpc-js';
import { increment } from '../generate-load/causes';
import { endingOf } from './ending';
import { grpcCode } from '../../temporal/grpc-errors';

/** Workflows that are sampled, at most, spread evenly over the holds. */
const MAX_SAMPLES = 50;
const MAX_CONCURRENT = 25;
/** Different endings that are reported, at most. */
const MAX_ENDINGS = 10;

type Event = temporal.api.history.v1.IHistoryEvent;

export function createSampleWorkload({ targets }: { targets: TargetConnections }) {
  /**
   * Returns what one workflow of the load costs the cluster (events, bytes, state transitions) and how long its tasks took,
   * from the histories of a sample of the run's workflows. Describes workflows by id, so it does not depend on visibility.
   */
  return async function sampleWorkload(run: RunRef, steps: readonly SampledStep[]): Promise<WorkloadSample> {
    const connection = await targets.get(run);
    const tasks = new TaskLatencies();
    const endings = new Map<string, number>();
    const sums = { workflows: 0, events: 0, bytes: 0, stateTransitions: 0 };
    const addSample = async (workflowId: string) => {
      const found = await readWorkflow(connection, run.namespace, workflowId);
      if (!found) return;
      sums.workflows += 1;
      sums.events += Number(found.info.historyLength ?? 0);
      sums.bytes += Number(found.info.historySizeBytes ?? 0);
      sums.stateTransitions += Number(found.info.stateTransitionCount ?? 0);
      tasks.add(found.events);
      if (found.ending !== undefined) increment(endings, found.ending);
    };
    await pMap(sampleIds(run, steps), addSample, { concurrency: MAX_CONCURRENT });
    const mean = (sum: number) => (sums.workflows === 0 ? 0 : Math.round((sum / sums.workflows) * 100) / 100);
    return {
      sampled: sums.workflows,
      events: mean(sums.events),
      bytes: mean(sums.bytes),
      stateTransitions: mean(sums.stateTransitions),
      tasks: tasks.encode(),
      endings: Object.fromEntries([...endings].slice(0, MAX_ENDINGS)),
    };
  };
}

/** Returns the workflow ids of arrivals at even distances, over all lanes and holds. */
export function sampleIds(run: Pick<RunRef, 'runId'>, steps: readonly SampledStep[]): string[] {
  const ids = steps.flatMap(({ name, attempt, scheduledByLane }) => {
    const all = scheduledByLane.reduce((sum, n) => sum + n, 0);
    const wanted = Math.min(all, Math.max(1, Math.floor(MAX_SAMPLES / steps.length)));
    return Array.from({ length: wanted }, (_, i) => {
      const { lane, sequence } = placeOf(Math.floor((i * all) / wanted), scheduledByLane);
      return `${arrivalIdPrefix({ runId: run.runId, step: name, attempt, lane })}${sequence}`;
    });
  });
  return ids.slice(0, MAX_SAMPLES);
}

/** Returns the lane and sequence of an arrival, by its index when the arrivals are counted lane by lane. */
function placeOf(index: number, scheduledByLane: readonly number[]): { lane: number; sequence: number } {
  let sequence = index;
  for (const [lane, scheduled] of scheduledByLane.entries()) {
    if (sequence < scheduled) return { lane, sequence };
    sequence -= scheduled;
  }
  throw new RangeError(`there is no arrival ${index}`);
}

/** Returns the description and history of a workflow; undefined if it does not exist. */
async function readWorkflow(connection: Connection, namespace: string, workflowId: string) {
  const { workflowService } = connection;
  const execution = { workflowId };
  try {
    return await connection.withDeadline(Date.now() + 10_000, async () => {
      const [described, { history, nextPageToken }] = await Promise.all([
        workflowService.describeWorkflowExecution({ namespace, execution }),
        workflowService.getWorkflowExecutionHistory({ namespace, execution, maximumPageSize: 500 }),
      ]);
      const events = history?.events ?? [];
      // The end of a long history is on another page.
      const last = nextPageToken?.length ? await lastEvents(connection, namespace, workflowId) : events;
      return { info: described.workflowExecutionInfo!, events, ending: endingOf(described, last) };
    });
  } catch (err) {
    // A rejected or skipped arrival did not become a workflow.
    if (grpcCode(err) === status.NOT_FOUND) return undefined;
    throw err;
  }
}

async function lastEvents({ workflowService }: Connection, namespace: string, workflowId: string) {
  const { history } = await workflowService.getWorkflowExecutionHistoryReverse({
    namespace,
    execution: { workflowId },
    maximumPageSize: 20,
  });
  return [...(history?.events ?? [])].reverse();
}

/** Durations of tasks, from the times of their events. Both ends are on the server's clock. */
class TaskLatencies {
  private readonly histograms = {
    workflowTaskScheduleToStart: emptyHistogram(2),
    activityScheduleToStart: emptyHistogram(2),
    activityExecution: emptyHistogram(2),
  };

  add(events: readonly Event[]): void {
    const at = new Map(events.map((event) => [String(event.eventId), timeOf(event)]));
    const record = (name: keyof TaskLatencies['histograms'], from: unknown, to: unknown) => {
      const [start, end] = [at.get(String(from)), at.get(String(to))];
      if (start !== undefined && end !== undefined) recordMs(this.histograms[name], end - start);
    };
    for (const event of events) {
      const workflowTask = event.workflowTaskStartedEventAttributes;
      const activity = event.activityTaskCompletedEventAttributes;
      if (workflowTask) record('workflowTaskScheduleToStart', workflowTask.scheduledEventId, event.eventId);
      if (!activity) continue;
      record('activityScheduleToStart', activity.scheduledEventId, activity.startedEventId);
      record('activityExecution', activity.startedEventId, event.eventId);
    }
  }

  encode(): WorkloadSample['tasks'] {
    const { workflowTaskScheduleToStart, activityScheduleToStart, activityExecution } = this.histograms;
    return {
      workflowTaskScheduleToStart: encodeHistogram(workflowTaskScheduleToStart),
      activityScheduleToStart: encodeHistogram(activityScheduleToStart),
      activityExecution: encodeHistogram(activityExecution),
    };
  }
}

function timeOf({ eventTime }: Event): number {
  return Number(eventTime?.seconds ?? 0) * 1000 + (eventTime?.nanos ?? 0) / 1e6;
}
