import type { Client } from '@temporalio/client';
import type { RunRef } from '../../orchestrator/activity-types';
import { runIdOf } from '../../orchestrator/names';

/**
 * Returns whether a run has closed for good. A run that continued as new has not. Another run that was started under the
 * same workflow id proves that this one has.
 */
export async function isRunClosed(client: Client, run: Pick<RunRef, 'workflowId' | 'runId'>): Promise<boolean> {
  const { status, raw } = await client.workflow.getHandle(run.workflowId).describe();
  if (status.name !== 'RUNNING' && status.name !== 'CONTINUED_AS_NEW') return true;
  // Older servers do not report the first run.
  const firstRunId = raw.workflowExecutionInfo?.firstRunId;
  return Boolean(firstRunId) && runIdOf(run.workflowId, firstRunId!) !== run.runId;
}
