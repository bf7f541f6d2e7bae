import { status } from '@grpc/grpc-js';
import type { Connection } from '@temporalio/client';
import { describeGrpcError, grpcCode } from '../temporal/grpc-errors';

const RETENTION_SECONDS = 7 * 86_400;
/** How long a new namespace may take to be known to every frontend. */
const PROPAGATION_MS = 15_000;

/**
 * Registers the control namespace where it does not exist, and waits until it can be used. Registering comes first: a
 * look-up of a name that is not there yet is cached, and would delay its use.
 */
export async function ensureControlNamespace(connection: Connection, namespace: string): Promise<void> {
  const { workflowService } = connection;
  let refusal: unknown;
  try {
    await workflowService.registerNamespace({
      namespace,
      description: 'Control namespace of temporal-benchmark',
      workflowExecutionRetentionPeriod: { seconds: RETENTION_SECONDS as never },
    });
  } catch (err) {
    // Refused or there already: what matters is whether it can be used.
    if (grpcCode(err) !== status.ALREADY_EXISTS) refusal = err;
  }
  const giveUpAt = Date.now() + (refusal === undefined ? PROPAGATION_MS : 0);
  for (;;) {
    try {
      await workflowService.countWorkflowExecutions({ namespace, query: '' });
      return;
    } catch (err) {
      if (Date.now() >= giveUpAt) {
        const why = describeGrpcError(refusal ?? err);
        throw new Error(
          `the control namespace ${namespace} cannot be used (${why}); name an existing one with --control-namespace`,
          { cause: err },
        );
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
