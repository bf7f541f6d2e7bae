import type { Client } from '@temporalio/client';

/** Whether a run has ended for good, however that came about; a run that goes on as new has not. */
export async function isOver(client: Client, workflowId: string): Promise<boolean> {
  const { status } = await client.workflow.getHandle(workflowId).describe();
  return status.name !== 'RUNNING' && status.name !== 'CONTINUED_AS_NEW';
}

/** Whether an activity is cancelled because its worker ends, and not because anybody wants it to stop. */
export function isShutdown(cancellation: AbortSignal): boolean {
  return String((cancellation.reason as Error | undefined)?.message ?? '').includes('WORKER_SHUTDOWN');
}
