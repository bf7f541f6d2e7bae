import { temporal } from '@temporalio/proto';
import type { QueueSample, QueueType } from '../../measurement/server/target';
import type { RunRef } from '../../orchestrator/activity-types';
import type { TargetConnections } from '../../temporal/connections';

const { TaskQueueType } = temporal.api.enums.v1;
const TYPES = {
  workflow: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  activity: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
} as const;

const ANSWER_WITHIN_MS = 4000;

/** One of the run's task queues, by the server's statistics, which it renews about every 5 s; undefined where it tells none. */
export async function sampleQueue(
  targets: TargetConnections,
  { targetProfile, namespace, taskQueue }: Pick<RunRef, 'targetProfile' | 'namespace' | 'taskQueue'>,
  type: QueueType,
): Promise<QueueSample | undefined> {
  try {
    const connection = await targets.get(targetProfile);
    const { stats } = await connection.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
      connection.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: taskQueue },
        taskQueueType: TYPES[type],
        reportStats: true,
      }),
    );
    if (!stats) return undefined;
    // Fields that are zero are absent.
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
