import { status } from '@grpc/grpc-js';
import type { Connection } from '@temporalio/client';
import { describeGrpcError, grpcCode } from '../temporal/grpc-errors';
import { withRetries } from '../temporal/retry';

const RETENTION_SECONDS = 7 * 86_400;
/** How long it may take until every frontend knows a new namespace. */
const PROPAGATION_MS = 15_000;

/**
 * Registers the control namespace if it does not exist, and waits until it can be used. It registers before it reads,
 * because the server caches a lookup that finds nothing, which would delay the use of the namespace.
 */
export async function ensureControlNamespace(connection: Connection, namespace: string): Promise<void> {
  const { workflowService } = connection;
  let registrationError: unknown;
  try {
    await workflowService.registerNamespace({
      namespace,
      description: 'Control namespace of temporal-benchmark',
      workflowExecutionRetentionPeriod: { seconds: RETENTION_SECONDS as never },
    });
  } catch (err) {
    // The namespace may exist even if the registration was not permitted. What matters is whether it can be used.
    if (grpcCode(err) !== status.ALREADY_EXISTS) registrationError = err;
  }
  const giveUpAt = performance.now() + (registrationError === undefined ? PROPAGATION_MS : 0);
  try {
    await withRetries(() => workflowService.countWorkflowExecutions({ namespace, query: '' }), {
      shouldRetry: () => performance.now() < giveUpAt,
      delayMs: () => 50,
    });
  } catch (err) {
    const reason = describeGrpcError(registrationError ?? err);
    throw new Error(
      `the control namespace ${namespace} cannot be used (${reason}); use an existing one with --control-namespace`,
      { cause: err },
    );
  }
}
