import type { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import type { QueueLook, QueueType } from '../measurement/target';
import type { RunRef } from '../orchestrator/contract';

const { TaskQueueType } = temporal.api.enums.v1;
const TYPES = {
  workflow: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  activity: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
} as const;

/** One of the run's task queues, by the server's statistics, which it renews about every 5 s; undefined where it has none. */
export async function lookAtQueue(
  { workflowService }: Connection,
  { namespace, taskQueue }: Pick<RunRef, 'namespace' | 'taskQueue'>,
  type: QueueType,
): Promise<QueueLook | undefined> {
  try {
    const { stats } = await workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: TYPES[type],
      reportStats: true,
    });
    if (!stats) return undefined;
    // Fields that are zero are absent.
    const { seconds, nanos } = stats.approximateBacklogAge ?? {};
    return {
      backlog: Number(stats.approximateBacklogCount ?? 0),
      ageMs: Number(seconds ?? 0) * 1000 + (nanos ?? 0) / 1e6,
      addedPerSecond: stats.tasksAddRate ?? 0,
      dispatchedPerSecond: stats.tasksDispatchRate ?? 0,
    };
  } catch {
    return undefined;
  }
}
