import type { Connection } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { emptyHistogram, encodeHistogram, recordMs } from '../../measurement/account/histogram';
import type { RunRef, SampledStep, WorkloadSample } from '../../orchestrator/activity-types';
import { arrivalIdPrefix } from '../../orchestrator/names';
import type { TargetConnections } from '../../temporal/connections';
import { status } from '@grpc/grpc-js';
import { grpcCode } from '../../temporal/grpc-errors';

/** Workflows that are looked at, spread evenly over the holds. */
const SAMPLES = 50;
const AT_ONCE = 25;

type Event = temporal.api.history.v1.IHistoryEvent;

export function createSampleWorkload({ targets }: { targets: TargetConnections }) {
  /**
   * What one workflow of the load costs the cluster, and how long its tasks took, by the server's own account of a sample
   * of the run's workflows. Asks by id, so visibility has no part in it.
   */
  return async function sampleWorkload(run: RunRef, steps: readonly SampledStep[]): Promise<WorkloadSample> {
    const connection = await targets.get(run.targetProfile);
    const tasks = new TaskLatencies();
    const sums = { workflows: 0, events: 0, bytes: 0, stateTransitions: 0 };
    const ids = sampleIds(run, steps);
    for (let i = 0; i < ids.length; i += AT_ONCE) {
      await Promise.all(
        ids.slice(i, i + AT_ONCE).map(async (workflowId) => {
          const found = await look(connection, run.namespace, workflowId);
          if (!found) return;
          sums.workflows += 1;
          sums.events += Number(found.info.historyLength ?? 0);
          sums.bytes += Number(found.info.historySizeBytes ?? 0);
          sums.stateTransitions += Number(found.info.stateTransitionCount ?? 0);
          tasks.add(found.events);
        }),
      );
    }
    const mean = (sum: number) => (sums.workflows === 0 ? 0 : Math.round((sum / sums.workflows) * 100) / 100);
    return {
      sampled: sums.workflows,
      events: mean(sums.events),
      bytes: mean(sums.bytes),
      stateTransitions: mean(sums.stateTransitions),
      tasks: tasks.encode(),
    };
  };
}

/** Arrivals at even distances, over all lanes and holds. */
export function sampleIds(run: Pick<RunRef, 'runId'>, steps: readonly SampledStep[]): string[] {
  const ids = steps.flatMap(({ name, attempt, scheduledByLane }) => {
    const all = scheduledByLane.reduce((sum, n) => sum + n, 0);
    const wanted = Math.min(all, Math.max(1, Math.floor(SAMPLES / steps.length)));
    return Array.from({ length: wanted }, (_, i) => {
      const { lane, sequence } = placeOf(Math.floor((i * all) / wanted), scheduledByLane);
      return `${arrivalIdPrefix({ runId: run.runId, step: name, attempt, lane })}${sequence}`;
    });
  });
  return ids.slice(0, SAMPLES);
}

/** Where an arrival stands, if the lanes' arrivals are counted one lane after the other. */
function placeOf(index: number, scheduledByLane: readonly number[]): { lane: number; sequence: number } {
  let sequence = index;
  for (const [lane, scheduled] of scheduledByLane.entries()) {
    if (sequence < scheduled) return { lane, sequence };
    sequence -= scheduled;
  }
  throw new RangeError(`there is no arrival ${index}`);
}

async function look(connection: Connection, namespace: string, workflowId: string) {
  const { workflowService } = connection;
  const execution = { workflowId };
  try {
    return await connection.withDeadline(Date.now() + 10_000, async () => {
      const [described, { history }] = await Promise.all([
        workflowService.describeWorkflowExecution({ namespace, execution }),
        workflowService.getWorkflowExecutionHistory({ namespace, execution, maximumPageSize: 500 }),
      ]);
      return { info: described.workflowExecutionInfo!, events: history?.events ?? [] };
    });
  } catch (err) {
    // An arrival that was refused or skipped is no workflow.
    if (grpcCode(err) === status.NOT_FOUND) return undefined;
    throw err;
  }
}

/** Durations of tasks, from the times of their events: the server's clock on both ends. */
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
