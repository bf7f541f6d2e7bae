import { ApplicationFailure } from '@temporalio/common';
import { status } from '@grpc/grpc-js';
import type { Connection } from '@temporalio/client';
import type { RunRef } from '../../orchestrator/activity-types';
import { OWNER_KEY } from '../../orchestrator/names';
import type { TargetConnections } from '../../temporal/connections';
import { describeGrpcError, grpcCode } from '../../temporal/grpc-errors';

/** How long a new namespace may take to be known to every frontend. */
const PROPAGATION_MS = 15_000;

export function createPrepareNamespace({ targets }: { targets: TargetConnections }) {
  /** Registers the run's namespace, marked as its own, or checks the existing one it was told to use. */
  return async function prepareNamespace(run: RunRef, retentionMs: number, longestRunMs: number): Promise<void> {
    const connection = await targets.get(run.targetProfile);
    if (run.ownsNamespace) await register(connection, run, retentionMs);
    const retention = await describe(connection, run);
    if (retention !== undefined && retention <= longestRunMs) {
      throw ApplicationFailure.nonRetryable(
        `namespace: the retention of ${run.namespace} is ${retention / 1000} s; the run can take ${longestRunMs / 1000} s and must be shorter, or its count would miss workflows`,
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
    // After a retry the first try's namespace is there: describing it tells whether it is ours.
    if (code === status.ALREADY_EXISTS) return;
    const message = `the namespace ${run.namespace} could not be registered: ${describeGrpcError(err)}`;
    if (code === status.PERMISSION_DENIED || code === status.UNAUTHENTICATED || code === status.UNIMPLEMENTED) {
      throw ApplicationFailure.nonRetryable(
        `${message}\nWhere registering namespaces is refused, name an existing one with --namespace (BENCHMARK_NAMESPACE).`,
        'NamespaceDenied',
      );
    }
    throw ApplicationFailure.retryable(message, 'NamespaceFailed');
  }
}

/** @returns the namespace's retention in milliseconds, undefined where the server does not say */
async function describe(connection: Connection, run: RunRef): Promise<number | undefined> {
  const giveUpAt = Date.now() + (run.ownsNamespace ? PROPAGATION_MS : 0);
  for (;;) {
    try {
      const { namespaceInfo, config } = await connection.workflowService.describeNamespace({
        namespace: run.namespace,
      });
      if (run.ownsNamespace && namespaceInfo?.data?.[OWNER_KEY] !== run.runId) {
        throw ApplicationFailure.nonRetryable(
          `the namespace ${run.namespace} exists and is not this run's`,
          'NamespaceTaken',
        );
      }
      const seconds = config?.workflowExecutionRetentionTtl?.seconds;
      return seconds ? Number(seconds) * 1000 : undefined;
    } catch (err) {
      if (grpcCode(err) !== status.NOT_FOUND) {
        if (err instanceof ApplicationFailure) throw err;
        throw ApplicationFailure.retryable(
          `the namespace ${run.namespace} could not be read: ${describeGrpcError(err)}`,
          'NamespaceFailed',
        );
      }
      if (Date.now() >= giveUpAt) {
        throw ApplicationFailure.nonRetryable(
          `namespace: there is no namespace ${JSON.stringify(run.namespace)} on the target; give an existing one`,
          'NoNamespace',
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
