import { randomUUID } from 'node:crypto';
import type { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { status } from '@grpc/grpc-js';
import pMap from 'p-map';
import type { RunRef } from '../../orchestrator/activity-types';
import { TOMBSTONE } from '../../orchestrator/names';
import { grpcCode } from '../../temporal/grpc-errors';
import { withRetries } from '../../temporal/retry';

const { WorkflowIdReusePolicy, WorkflowIdConflictPolicy, WorkflowExecutionStatus } = temporal.api.enums.v1;

const MAX_CONCURRENT = 20;
const CALL_TIMEOUT_MS = 10_000;
const MAX_ATTEMPTS = 6;

/** Finds out which workflow ids of a run exist on the server. It describes each id, so it does not depend on visibility. */
export class WorkflowLookup {
  constructor(
    private readonly connection: Connection,
    private readonly run: RunRef,
  ) {}

  /**
   * Returns the ids that do not exist on the server.
   *
   * @param reserve whether to reserve each missing id, so that a start that is still on its way can no longer use it
   *   (I3c). This happens only in a namespace that the run owns: in other namespaces the run starts its load and nothing
   *   else.
   */
  async findMissing(workflowIds: readonly string[], reserve: boolean): Promise<string[]> {
    const exists = await pMap(workflowIds, (id) => this.exists(id, reserve), { concurrency: MAX_CONCURRENT });
    return workflowIds.filter((_, i) => !exists[i]);
  }

  private async exists(workflowId: string, reserve: boolean): Promise<boolean> {
    const found = await this.describe(workflowId);
    if (found !== 'missing' || !reserve || !this.run.ownsNamespace) return found === 'exists';
    return !(await this.reserveId(workflowId));
  }

  private async describe(workflowId: string): Promise<'exists' | 'missing' | 'tombstone'> {
    const { namespace } = this.run;
    const found = await retried(async () => {
      try {
        return await this.call(() =>
          this.connection.workflowService.describeWorkflowExecution({ namespace, execution: { workflowId } }),
        );
      } catch (err) {
        if (grpcCode(err) === status.NOT_FOUND) return undefined;
        throw err;
      }
    });
    const info = found?.workflowExecutionInfo;
    if (!info) return 'missing';
    if (info.type?.name !== TOMBSTONE) return 'exists';
    if (info.status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING) await this.terminate(workflowId);
    return 'tombstone';
  }

  /** Starts a tombstone workflow with this id and returns whether the id was free. */
  private async reserveId(workflowId: string): Promise<boolean> {
    const { namespace, taskQueue, runId } = this.run;
    const requestId = randomUUID();
    try {
      await retried(() =>
        this.call(() =>
          this.connection.workflowService.startWorkflowExecution({
            namespace,
            workflowId,
            requestId,
            identity: `benchmark ${runId}`,
            workflowType: { name: TOMBSTONE },
            // No worker polls this queue.
            taskQueue: { name: `${taskQueue}-tombstones` },
            workflowIdReusePolicy: WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
            workflowIdConflictPolicy: WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
          }),
        ),
      );
    } catch (err) {
      if (grpcCode(err) !== status.ALREADY_EXISTS) throw err;
      return (await this.describe(workflowId)) === 'tombstone';
    }
    await this.terminate(workflowId);
    return true;
  }

  private async terminate(workflowId: string): Promise<void> {
    const { namespace, runId } = this.run;
    await this.call(() =>
      this.connection.workflowService.terminateWorkflowExecution({
        namespace,
        workflowExecution: { workflowId },
        reason: `benchmark ${runId} never started this workflow; its id is reserved so that a late start cannot use it`,
      }),
    ).catch((err: unknown) => {
      if (grpcCode(err) !== status.NOT_FOUND) throw err;
    });
  }

  private async call<T>(call: () => Promise<T>): Promise<T> {
    return await this.connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, call);
  }
}

/** Retries every error except ALREADY_EXISTS, which is an answer: without an answer, an id is unknown and not missing. */
async function retried<T>(call: () => Promise<T>): Promise<T> {
  return await withRetries(call, {
    shouldRetry: (err, failures) => grpcCode(err) !== status.ALREADY_EXISTS && failures < MAX_ATTEMPTS,
    delayMs: (failures) => 500 * failures,
  });
}
