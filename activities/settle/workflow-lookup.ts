import { randomUUID } from 'node:crypto';
import type { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { status } from '@grpc/grpc-js';
import pMap from 'p-map';
import type { RunRef, ServerCounts } from '../../orchestrator/activity-types';
import { TOMBSTONE } from '../../orchestrator/names';
import { grpcCode } from '../../temporal/grpc-errors';
import { withRetries } from '../../temporal/retry';

const { WorkflowIdReusePolicy, WorkflowIdConflictPolicy, WorkflowExecutionStatus } = temporal.api.enums.v1;

/** How the server's counts name a status; any other counts as open. */
const FIELDS: Readonly<Partial<Record<temporal.api.enums.v1.WorkflowExecutionStatus, keyof ServerCounts>>> = {
  [WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED]: 'completed',
  [WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED]: 'failed',
  [WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED]: 'canceled',
  [WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TERMINATED]: 'terminated',
  [WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TIMED_OUT]: 'timedOut',
};

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

  /** Returns the status of each workflow as the server's counts name it; undefined if it does not exist. */
  async statusesOf(workflowIds: readonly string[]): Promise<(keyof ServerCounts | undefined)[]> {
    const statusOf = async (id: string) => {
      const info = await this.infoOf(id);
      if (!info || info.type?.name === TOMBSTONE) return undefined;
      return FIELDS[info.status ?? 0] ?? 'open';
    };
    return await pMap(workflowIds, statusOf, { concurrency: MAX_CONCURRENT });
  }

  private async exists(workflowId: string, reserve: boolean): Promise<boolean> {
    const found = await this.describe(workflowId);
    if (found !== 'missing' || !reserve || !this.run.ownsNamespace) return found === 'exists';
    return !(await this.reserveId(workflowId));
  }

  private async describe(workflowId: string): Promise<'exists' | 'missing' | 'tombstone'> {
    const info = await this.infoOf(workflowId);
    if (!info) return 'missing';
    if (info.type?.name !== TOMBSTONE) return 'exists';
    if (info.status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING) await this.terminate(workflowId);
    return 'tombstone';
  }

  /** Returns what the server knows about the last run of a workflow; undefined if it does not exist. */
  private async infoOf(workflowId: string) {
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
    return found?.workflowExecutionInfo;
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
