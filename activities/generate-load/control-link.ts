import type { Connection } from '@temporalio/client';
import { defaultPayloadConverter, toPayloads } from '@temporalio/common';
import { status } from '@grpc/grpc-js';
import { grpcCode } from '../../temporal/grpc-errors';

/** Which activity attempt this is, for calls about it. */
export interface AttemptRef {
  readonly namespace: string;
  readonly taskToken: Uint8Array;
  readonly workflowId: string;
  readonly workflowRunId: string;
  readonly activityId: string;
  readonly identity: string;
}

export type Proof = 'current' | 'cancelled' | 'superseded' | 'unreachable';

/**
 * The generator's line to control. A heartbeat through the activity's context is fire and forget; this one is
 * awaited, so that its answer proves the attempt current (I3b).
 */
export class ControlLink {
  constructor(
    private readonly connection: Connection,
    private readonly attempt: AttemptRef,
  ) {}

  async heartbeat(details: unknown, deadlineMs: number): Promise<Proof> {
    const { namespace, taskToken, identity } = this.attempt;
    try {
      const { cancelRequested } = await this.connection.withDeadline(Date.now() + deadlineMs, () =>
        this.connection.workflowService.recordActivityTaskHeartbeat({
          namespace,
          taskToken,
          identity,
          details: { payloads: toPayloads(defaultPayloadConverter, details) },
        }),
      );
      return cancelRequested ? 'cancelled' : 'current';
    } catch (err) {
      const code = grpcCode(err);
      return code === status.NOT_FOUND || code === status.INVALID_ARGUMENT ? 'superseded' : 'unreachable';
    }
  }

  /** When control recorded this activity's last heartbeat: milliseconds since the epoch, control server's clock. */
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
 * Law I3b: a generator schedules only while a call proved its attempt current less than heartbeatTimeout − 1 s ago. A
 * successor starts about a second after the timeout, so the two never send at once.
 */
export class Fence {
  private provenAtMs: number;

  constructor(
    private readonly heartbeatTimeoutMs: number,
    private readonly now: () => number,
  ) {
    this.provenAtMs = now();
  }

  /** @param askedAtMs when the call that proved it was made: the server may have answered at any time since */
  prove(askedAtMs: number): void {
    this.provenAtMs = Math.max(this.provenAtMs, askedAtMs);
  }

  get open(): boolean {
    return this.now() - this.provenAtMs < this.heartbeatTimeoutMs - 1000;
  }
}
