import type { Connection } from '@temporalio/client';
import { defaultPayloadConverter, toPayloads } from '@temporalio/common';
import { status } from '@grpc/grpc-js';
import { grpcCode } from '../../temporal/grpc-errors';
import { AsyncContexts } from './async-contexts';

/** Identifies an activity attempt in calls to the control server. */
export interface AttemptRef {
  readonly namespace: string;
  readonly taskToken: Uint8Array;
  readonly workflowId: string;
  readonly workflowRunId: string;
  readonly activityId: string;
  readonly identity: string;
}

/**
 * What the answer to a heartbeat says about the attempt: it is the current one, its cancellation was requested, another
 * attempt has replaced it, or there was no answer.
 */
export type AttemptState = 'current' | 'canceled' | 'superseded' | 'unreachable';

/**
 * The generator's calls to the control server. A heartbeat through the activity context is fire-and-forget. This one is
 * awaited, so its answer proves that the attempt is the current one (I3b).
 */
export class ControlLink {
  constructor(
    private readonly connection: Connection,
    private readonly attempt: AttemptRef,
    private readonly contexts = new AsyncContexts([]),
  ) {}

  /** Sends a heartbeat and returns the state of the attempt. Never throws. */
  async heartbeat(details: unknown, deadlineMs: number): Promise<AttemptState> {
    const { namespace, taskToken, identity } = this.attempt;
    try {
      const recorded = this.connection.withDeadline(Date.now() + deadlineMs, () =>
        this.connection.workflowService.recordActivityTaskHeartbeat({
          namespace,
          taskToken,
          identity,
          details: { payloads: toPayloads(defaultPayloadConverter, details) },
        }),
      );
      this.contexts.leave();
      const { cancelRequested } = await recorded;
      return cancelRequested ? 'canceled' : 'current';
    } catch (err) {
      const code = grpcCode(err);
      return code === status.NOT_FOUND || code === status.INVALID_ARGUMENT ? 'superseded' : 'unreachable';
    }
  }

  /** Returns when the control server recorded the last heartbeat: milliseconds since the epoch on the server's clock. */
  async lastHeartbeatMs(): Promise<number | undefined> {
    const { namespace, workflowId, workflowRunId, activityId } = this.attempt;
    const { pendingActivities } = await this.connection.withDeadline(Date.now() + 5000, () =>
      this.connection.workflowService.describeWorkflowExecution({
        namespace,
        execution: { workflowId, runId: workflowRunId },
      }),
    );
    const time = pendingActivities.find((activity) => activity.activityId === activityId)?.lastHeartbeatTime;
    return time ? Number(time.seconds) * 1000 + (time.nanos ?? 0) / 1e6 : undefined;
  }
}

/**
 * Permits sending while a call has proved the attempt current less than heartbeatTimeout − 1 s ago (I3b). The next attempt
 * starts about a second after the heartbeat timeout, so two attempts never send at the same time.
 */
export class Fence {
  /** @param provenAtMs when the last call was sent that proved the attempt current; without one the fence is closed */
  constructor(
    private readonly heartbeatTimeoutMs: number,
    private readonly now: () => number,
    private provenAtMs = -Infinity,
  ) {}

  /** @param calledAtMs when the call was sent, not answered: the server may have handled it at any time in between */
  prove(calledAtMs: number): void {
    this.provenAtMs = Math.max(this.provenAtMs, calledAtMs);
  }

  /** Whether the attempt may send. */
  get open(): boolean {
    return this.now() - this.provenAtMs < this.heartbeatTimeoutMs - 1000;
  }
}
