import type { Client } from '@temporalio/client';

/** Returns whether a run has closed for good. A run that continued as new has not. */
export async function isRunClosed(client: Client, workflowId: string): Promise<boolean> {
  const { status } = await client.workflow.getHandle(workflowId).describe();
  return status.name !== 'RUNNING' && status.name !== 'CONTINUED_AS_NEW';
}
