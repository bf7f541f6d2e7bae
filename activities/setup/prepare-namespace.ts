import { ApplicationFailure } from '@temporalio/common';
import { status } from '@grpc/grpc-js';
import type { Connection } from '@temporalio/client';
import type { RunRef } from '../../orchestrator/activity-types';
import { OWNER_KEY } from '../../orchestrator/names';
import type { TargetConnections } from '../../temporal/target-connections';
import { describeGrpcError, grpcCode } from '../../temporal/grpc-errors';
import { withRetries } from '../../temporal/retry';

/** How long it may take until every frontend knows a new namespace. */
const PROPAGATION_MS = 15_000;

export function createPrepareNamespace({ targets }: { targets: TargetConnections }) {
  /**
   * Registers the run's namespace and marks it as the run's, or checks the existing namespace that the spec names. Throws
   * RetentionTooShort if the namespace deletes closed workflows before the run can count them.
   */
  return async function prepareNamespace(run: RunRef, retentionMs: number, longestRunMs: number): Promise<void> {
    const connection = await targets.get(run);
    if (run.ownsNamespace) await register(connection, run, retentionMs);
    const actualMs = await readRetentionMs(connection, run);
    if (actualMs !== undefined && actualMs <= longestRunMs) {
      throw ApplicationFailure.nonRetryable(
        `the retention of the namespace ${run.namespace} is ${actualMs / 1000} s; it must exceed the longest possible duration of the run, ${longestRunMs / 1000} s, or the count would miss workflows; increase the retention or shorten the run`,
        'RetentionTooShort',
      );
    }
  };
}

async function register(connection: Connection, run: RunRef, retentionMs: number): Promise<void> {
  try {
    await connection.workflowService.registerNamespace({
      namespace: run.namespace,
      description: `Registered by temporal-benchmark for run ${run.runId}; may be deleted once that run is over`,
      workflowExecutionRetentionPeriod: { seconds: Math.ceil(retentionMs / 1000) as never },
      data: { [OWNER_KEY]: run.runId },
    });
  } catch (err) {
    const code = grpcCode(err);
    // The namespace exists when the activity is retried; describing it shows whether it is the run's.
    if (code === status.ALREADY_EXISTS) return;
    const message = `the namespace ${run.namespace} could not be registered: ${describeGrpcError(err)}`;
    if (code === status.PERMISSION_DENIED || code === status.UNAUTHENTICATED || code === status.UNIMPLEMENTED) {
      throw ApplicationFailure.nonRetryable(
        `${message}\nIf the server does not permit registering namespaces, use an existing one with --namespace (BENCHMARK_NAMESPACE).`,
        'NamespaceDenied',
      );
    }
    throw ApplicationFailure.retryable(message, 'NamespaceFailed');
  }
}

/** Returns the namespace's retention in milliseconds; undefined if the server does not report it. */
async function readRetentionMs(connection: Connection, run: RunRef): Promise<number | undefined> {
  const { namespaceInfo, config } = await describe(connection, run);
  if (run.ownsNamespace && namespaceInfo?.data?.[OWNER_KEY] !== run.runId) {
    throw ApplicationFailure.nonRetryable(
      `the namespace ${run.namespace} exists and was not registered by this run`,
      'NamespaceTaken',
    );
  }
  const seconds = config?.workflowExecutionRetentionTtl?.seconds;
  return seconds ? Number(seconds) * 1000 : undefined;
}

/** Describes the namespace; waits for a namespace that has just been registered. */
async function describe(connection: Connection, { namespace, ownsNamespace }: RunRef) {
  const giveUpAt = performance.now() + (ownsNamespace ? PROPAGATION_MS : 0);
  try {
    return await withRetries(() => connection.workflowService.describeNamespace({ namespace }), {
      shouldRetry: (err) => grpcCode(err) === status.NOT_FOUND && performance.now() < giveUpAt,
      delayMs: () => 100,
    });
  } catch (err) {
    if (grpcCode(err) === status.NOT_FOUND) {
      throw ApplicationFailure.nonRetryable(
        `the namespace ${JSON.stringify(namespace)} does not exist on the target; use an existing one`,
        'NoNamespace',
      );
    }
    throw ApplicationFailure.retryable(
      `the namespace ${namespace} could not be read: ${describeGrpcError(err)}`,
      'NamespaceFailed',
    );
  }
}
