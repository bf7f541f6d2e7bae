import { temporal } from '@temporalio/proto';
import type { QueueSample, QueueType } from '../../measurement/server/target';
import type { RunRef } from '../../orchestrator/activity-types';
import type { TargetConnections } from '../../temporal/connections';

const { TaskQueueType } = temporal.api.enums.v1;
const TYPES = {
  workflow: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  activity: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
} as const;

const TIMEOUT_MS = 4000;

/**
 * Returns the server's statistics of one of the run's task queues, which the server refreshes about every 5 s; undefined
 * if the server has none or does not answer.
 */
export async function sampleQueue(
  targets: TargetConnections,
  { targetProfile, namespace, taskQueue }: Pick<RunRef, 'targetProfile' | 'namespace' | 'taskQueue'>,
  type: QueueType,
): Promise<QueueSample | undefined> {
  try {
    const connection = await targets.get(targetProfile);
    const { stats } = await connection.withDeadline(Date.now() + TIMEOUT_MS, () =>
      connection.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: taskQueue },
        taskQueueType: TYPES[type],
        reportStats: true,
      }),
    );
    if (!stats) return undefined;
    // The server leaves out fields that are zero.
    const { seconds, nanos } = stats.approximateBacklogAge ?? {};
    return {
      atMs: Date.now(),
      backlog: Number(stats.approximateBacklogCount ?? 0),
      ageMs: Number(seconds ?? 0) * 1000 + (nanos ?? 0) / 1e6,
      addedPerSecond: stats.tasksAddRate ?? 0,
      dispatchedPerSecond: stats.tasksDispatchRate ?? 0,
    };
  } catch {
    return undefined;
  }
}
