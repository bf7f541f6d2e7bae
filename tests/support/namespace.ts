import type { Connection } from '@temporalio/client';
import { eventually } from './cli';

/** A namespace that is not the benchmark's, known to the server when this resolves. */
export async function registerNamespace({ workflowService }: Connection, namespace: string): Promise<void> {
  const workflowExecutionRetentionPeriod = { seconds: 86_400 as never };
  await workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  await eventually('the namespace', () =>
    workflowService.listOpenWorkflowExecutions({ namespace, maximumPageSize: 1 }).then(
      () => true,
      () => false,
    ),
  );
}
