import type { Context } from '@temporalio/activity';
import type { LaneCheckpoint } from '../../orchestrator/activity-types';
import { isWorkerShutdown } from '../worker-shutdown';
import type { ControlLink, Fence } from './control-link';

const EVERY_MS = 1000;

export interface HeartbeatDeps {
  readonly link: ControlLink;
  readonly fence: Fence;
  readonly context: Context;
  readonly heartbeatTimeoutMs: number;
  /** What a beat carries; called once for each. */
  readonly checkpoint: (through?: number) => LaneCheckpoint;
}

/** Beats every second, proves the attempt current, and stops the lane when control says so. */
export class Heartbeats {
  /** Another attempt has taken the lane over: what this one knows counts no longer. */
  superseded = false;
  private readonly stopped = new AbortController();
  private readonly leaving = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private underWay?: Promise<void>;

  constructor(private readonly deps: HeartbeatDeps) {
    this.timer = setInterval(() => void this.beat(), EVERY_MS);
    deps.context.cancellationSignal.addEventListener('abort', () => this.onCancelled());
    void this.beat();
  }

  /** Aborted when the lane has to stop; its reason says why. */
  get stop(): AbortSignal {
    return this.stopped.signal;
  }

  /** Aborted when this process is told to end: a successor elsewhere goes on from the last beat. */
  get leave(): AbortSignal {
    return this.leaving.signal;
  }

  /** The last beat: it carries the lane as it is now, with the arrivals up to `through` as this attempt's own. */
  async last(through: number): Promise<void> {
    this.end();
    await this.underWay;
    await this.send(through);
  }

  end(): void {
    clearInterval(this.timer);
  }

  private async beat(): Promise<void> {
    await (this.underWay ??= this.send().finally(() => (this.underWay = undefined)));
  }

  private async send(through?: number): Promise<void> {
    const { link, fence, context, heartbeatTimeoutMs } = this.deps;
    const checkpoint = this.deps.checkpoint(through);
    // Core enforces the heartbeat timeout locally too, so it has to hear the same; a late or lost one does no harm.
    context.heartbeat(checkpoint);
    const askedAtMs = performance.now();
    const proof = await link.heartbeat(checkpoint, heartbeatTimeoutMs);
    if (proof === 'current' || proof === 'cancelled') fence.prove(askedAtMs);
    if (proof === 'cancelled') this.stopped.abort('cancelled');
    if (proof === 'superseded') {
      this.superseded = true;
      this.stopped.abort('superseded');
    }
  }

  private onCancelled(): void {
    if (isWorkerShutdown(this.deps.context.cancellationSignal)) this.leaving.abort();
    else this.stopped.abort('cancelled');
  }
}
