import type { Client } from '@temporalio/client';

/** Whether a run has ended for good, however that came about; a run that goes on as new has not. */
export async function isOver(client: Client, workflowId: string): Promise<boolean> {
  const { status } = await client.workflow.getHandle(workflowId).describe();
  return status.name !== 'RUNNING' && status.name !== 'CONTINUED_AS_NEW';
}
