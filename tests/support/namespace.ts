import type { Connection } from '@temporalio/client';
import { eventually } from './cli';

/** A namespace that is not the benchmark's, known to the server when this resolves. */
export async function registerNamespace(
  { workflowService }: Connection,
  namespace: string,
  retentionSeconds = 86_400,
): Promise<void> {
  const workflowExecutionRetentionPeriod = { seconds: retentionSeconds as never };
  await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  await eventually('the namespace', () =>
    workflowService.listOpenWorkflowExecutions({ namespace, maximumPageSize: 1 }).then(
      () => true,
      () => false,
    ),
  );
}
