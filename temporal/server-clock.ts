import { randomUUID } from 'node:crypto';
import type { Connection } from '@temporalio/client';

/** How long the task queue is polled, milliseconds. */
const POLL_MS = 300;
/** A server refuses polls with a deadline that is closer than two seconds. */
const DEADLINE_MS = 10_000;

/**
 * Returns the time on a server's clock, milliseconds since the epoch: polls a new task queue and reads when the server says
 * it was polled. Returns undefined if the server permits that to nobody or does not know its pollers.
 */
export async function serverTimeMs(connection: Connection, namespace: string): Promise<number | undefined> {
  const { workflowService } = connection;
  const taskQueue = { name: `benchmark-clock-${randomUUID()}` };
  const poll = () => workflowService.pollWorkflowTaskQueue({ namespace, taskQueue, identity: 'benchmark-clock' });
  const polling = connection.withAbortSignal(AbortSignal.timeout(POLL_MS), () =>
    connection.withDeadline(Date.now() + DEADLINE_MS, poll),
  );
  try {
    await polling.catch(() => undefined);
    const { pollers } = await workflowService.describeTaskQueue({ namespace, taskQueue });
    const { seconds, nanos } = pollers[0]?.lastAccessTime ?? {};
    return seconds === undefined || seconds === null ? undefined : Number(seconds) * 1000 + Number(nanos ?? 0) / 1e6;
  } catch {
    return undefined;
  }
}
