import { status } from '@grpc/grpc-js';
import { grpcCode } from '../temporal/grpc-errors';

/** How many polls are kept open. */
export interface PollerLimits {
  readonly min: number;
  readonly initial: number;
  readonly max: number;
}

/** What a poll brought. */
export interface Polled {
  readonly empty: boolean;
  /** By how many polls the server would have their number changed. */
  readonly delta?: number;
}

/** Pauses after failed polls: the SDK's. */
const PAUSES = { firstMs: 200, throttledMs: 1000, mostMs: 10_000 };

/**
 * Keeps polls of one queue open, as many as the server suggests between two limits. Failed polls back off together.
 * `poll` makes one and hands over what it brings; it rejects with the gRPC error if there is one.
 */
export class Pollers {
  private target: number;
  private open = 0;
  private failures = 0;
  private everTold = false;
  private stopped = false;
  private onDrained: () => void = () => undefined;
  private readonly pauses = new Set<() => void>();

  constructor(
    private readonly limits: PollerLimits,
    private readonly poll: () => Promise<Polled>,
    /** Whether one more task can be taken; {@link wake} says that it may have changed. */
    private readonly hasRoom: () => boolean,
    private readonly random: () => number = Math.random,
  ) {
    this.target = limits.initial;
  }

  /** Opens polls up to the target. */
  wake(): void {
    while (!this.stopped && this.open < this.target && this.hasRoom()) {
      this.open += 1;
      void this.run();
    }
  }

  /** Opens no further poll, and resolves when the open ones have ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const resume of this.pauses) resume();
    if (this.open > 0) await new Promise<void>((resolve) => (this.onDrained = resolve));
  }

  private async run(): Promise<void> {
    try {
      const { empty, delta } = await this.poll();
      this.failures = 0;
      this.scale(empty, delta);
    } catch (err) {
      await this.pause(err);
    }
    this.open -= 1;
    if (this.stopped && this.open === 0) this.onDrained();
    this.wake();
  }

  private scale(empty: boolean, delta: number | undefined): void {
    if (delta !== undefined) this.everTold = true;
    // A server that never suggests a number gets the initial one.
    const change = delta ?? (empty && this.everTold ? -1 : 0);
    this.aim(this.target + change);
  }

  private aim(target: number): void {
    this.target = Math.max(this.limits.min, Math.min(this.limits.max, target));
  }

  private async pause(err: unknown): Promise<void> {
    if (this.stopped) return;
    const throttled = grpcCode(err) === status.RESOURCE_EXHAUSTED;
    if (throttled && this.everTold) this.aim(Math.floor(this.target / 2));
    const first = throttled ? PAUSES.throttledMs : PAUSES.firstMs;
    const ms = Math.min(PAUSES.mostMs, first * 2 ** this.failures) * (0.8 + 0.4 * this.random());
    // All open polls fail at once when the server goes; that is one failure.
    this.failures = Math.min(6, this.failures + 1 / Math.max(1, this.open));
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.pauses.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.pauses.add(done);
    });
  }
}
