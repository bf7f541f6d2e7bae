import type { Context } from '@temporalio/activity';
import type { LaneCheckpoint } from '../../orchestrator/activity-types';
import { isWorkerShutdown } from '../worker-shutdown';
import type { ControlLink, Fence } from './control-link';

const HEARTBEAT_INTERVAL_MS = 1000;
/** SDK Core gets each second heartbeat; it sends them to the control server once more. */
const CORE_EVERY = 2;

export interface HeartbeatDeps {
  readonly link: ControlLink;
  readonly fence: Fence;
  readonly context: Context;
  readonly heartbeatTimeoutMs: number;
  /** Returns the details of a heartbeat; called once per heartbeat. */
  readonly checkpoint: (through?: number) => LaneCheckpoint;
}

/** Sends a heartbeat every second, opens the fence with its answer, and stops the lane when the answer requires it. */
export class Heartbeats {
  /** Whether another attempt has taken over the lane, so that the account of this one no longer counts. */
  superseded = false;
  private readonly stopController = new AbortController();
  private readonly handoverController = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private inProgress?: Promise<void>;
  private sent = 0;

  constructor(private readonly deps: HeartbeatDeps) {
    this.timer = setInterval(() => void this.sendUnlessInProgress(), HEARTBEAT_INTERVAL_MS);
    const { cancellationSignal } = deps.context;
    cancellationSignal.addEventListener('abort', () => this.onCanceled());
    // The lane may have been canceled while it got ready.
    if (cancellationSignal.aborted) this.onCanceled();
    void this.sendUnlessInProgress();
  }

  /** Aborted when the lane must stop. The signal's reason is the reason to stop. */
  get stop(): AbortSignal {
    return this.stopController.signal;
  }

  /** Aborted when this process shuts down and another one continues the lane from the last heartbeat. */
  get handover(): AbortSignal {
    return this.handoverController.signal;
  }

  /** Sends the last heartbeat: the current account, which reserves the arrivals below `through` for this attempt. */
  async sendLast(through: number): Promise<void> {
    this.end();
    await this.inProgress;
    await this.send(through);
  }

  end(): void {
    clearInterval(this.timer);
  }

  private async sendUnlessInProgress(): Promise<void> {
    await (this.inProgress ??= this.send().finally(() => (this.inProgress = undefined)));
  }

  private async send(through?: number): Promise<void> {
    const { link, fence, context, heartbeatTimeoutMs } = this.deps;
    const checkpoint = this.deps.checkpoint(through);
    // SDK Core enforces the heartbeat timeout locally too, so it needs a heartbeat now and then. A late or lost one is harmless.
    if (through !== undefined || this.sent % CORE_EVERY === 0) context.heartbeat(checkpoint);
    this.sent += 1;
    const calledAtMs = performance.now();
    const state = await link.heartbeat(checkpoint, heartbeatTimeoutMs);
    if (state === 'current' || state === 'canceled') fence.prove(calledAtMs);
    if (state === 'canceled') this.stopController.abort('canceled');
    if (state === 'superseded') {
      this.superseded = true;
      this.stopController.abort('superseded');
    }
  }

  private onCanceled(): void {
    if (isWorkerShutdown(this.deps.context.cancellationSignal)) this.handoverController.abort();
    else this.stopController.abort('canceled');
  }
}
