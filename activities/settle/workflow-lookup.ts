import { randomUUID } from 'node:crypto';
import type { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { status } from '@grpc/grpc-js';
import type { RunRef } from '../../orchestrator/activity-types';
import { TOMBSTONE } from '../../orchestrator/names';
import { grpcCode } from '../../temporal/grpc-errors';

const { WorkflowIdReusePolicy, WorkflowIdConflictPolicy, WorkflowExecutionStatus } = temporal.api.enums.v1;

const AT_ONCE = 20;
const CALL_MS = 10_000;
const TRIES = 6;

/** Which of a run's workflow ids the server has; it asks by id, so visibility has no part in it. */
export class WorkflowLookup {
  constructor(
    private readonly connection: Connection,
    private readonly run: RunRef,
  ) {}

  /**
   * The ids that the server does not have.
   *
   * @param forGood occupy each absent id, so that no start that is still under way somewhere can take it any more (I3c).
   *   Only in a namespace of the run's own: elsewhere nothing is started that was not asked for.
   */
  async findMissing(workflowIds: readonly string[], forGood: boolean): Promise<string[]> {
    const absent: string[] = [];
    for (let i = 0; i < workflowIds.length; i += AT_ONCE) {
      const batch = workflowIds.slice(i, i + AT_ONCE);
      const exist = await Promise.all(
        batch.map(async (id) => {
          const found = await this.describe(id);
          if (found !== 'absent' || !forGood || !this.run.ownsNamespace) return found === 'there';
          return !(await this.reserveId(id));
        }),
      );
      absent.push(...batch.filter((_, at) => !exist[at]));
    }
    return absent;
  }

  private async describe(workflowId: string): Promise<'there' | 'absent' | 'tombstone'> {
    const { namespace } = this.run;
    const found = await withRetries(async () => {
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
    if (!info) return 'absent';
    if (info.type?.name !== TOMBSTONE) return 'there';
    if (info.status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING) await this.terminate(workflowId);
    return 'tombstone';
  }

  /** @returns whether the id was free; it is taken now */
  private async reserveId(workflowId: string): Promise<boolean> {
    const { namespace, taskQueue, runId } = this.run;
    const requestId = randomUUID();
    try {
      await withRetries(() =>
        this.call(() =>
          this.connection.workflowService.startWorkflowExecution({
            namespace,
            workflowId,
            requestId,
            identity: `benchmark ${runId}`,
            workflowType: { name: TOMBSTONE },
            // Nobody polls it.
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
        reason: `benchmark ${runId} never started this workflow; its id is occupied so that no late start can take it`,
      }),
    ).catch((err: unknown) => {
      if (grpcCode(err) !== status.NOT_FOUND) throw err;
    });
  }

  private async call<T>(call: () => Promise<T>): Promise<T> {
    return await this.connection.withDeadline(Date.now() + CALL_MS, call);
  }
}

/** Unknown is not absent: without an answer the account stays open, so errors but an answer's own are asked again. */
async function withRetries<T>(call: () => Promise<T>): Promise<T> {
  for (let errors = 0; ; errors += 1) {
    try {
      return await call();
    } catch (err) {
      if (grpcCode(err) === status.ALREADY_EXISTS || errors === TRIES - 1) throw err;
      await new Promise((resolve) => setTimeout(resolve, 500 * (errors + 1)));
    }
  }
}
