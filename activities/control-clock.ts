import { Context } from '@temporalio/activity';
import type { Client, Connection } from '@temporalio/client';
import { anchorClock } from './generate-load/clock';
import { ControlLink } from './generate-load/control-link';

/** Returns milliseconds since the epoch. */
export type Clock = () => number;

/**
 * Measures the control server's clock with heartbeats of this activity, and returns a clock that shows its time, whatever
 * the clock of this machine shows. If it cannot be measured, returns the clock of this machine.
 *
 * @param details the details of the heartbeats; others may read them
 */
export async function controlClock(client: Client, details: unknown = null): Promise<Clock> {
  const { taskToken, workflowExecution, activityId } = Context.current().info;
  const link = new ControlLink(client.connection as Connection, {
    namespace: client.options.namespace,
    taskToken,
    workflowId: workflowExecution!.workflowId,
    workflowRunId: workflowExecution!.runId,
    activityId,
    identity: client.options.identity,
  });
  const anchored = await anchorClock(link, details).catch(() => 'unknown' as const);
  if (typeof anchored === 'string') return Date.now;
  const { originMs } = anchored.anchor;
  return () => performance.now() - originMs;
}
