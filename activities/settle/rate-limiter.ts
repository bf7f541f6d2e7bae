import { setTimeout as sleep } from 'node:timers/promises';

/** The server allows 10 visibility calls per second and namespace by default; most of them are left to other clients. */
const VISIBILITY_CALL_MS = 1000;

/** The first calls do not wait: most runs need no more. */
const BURST = 4;

/** Allows a burst of calls, then one call per interval, on average and after each wait. */
export class RateLimiter {
  /** When the next call would be due if none had been made ahead of time. */
  private nextAt = 0;
  constructor(
    private readonly intervalMs = VISIBILITY_CALL_MS,
    private readonly burst = BURST,
  ) {}

  /** Resolves when the next call may be made. */
  async next(): Promise<void> {
    const now = performance.now();
    const waitMs = this.nextAt - (this.burst - 1) * this.intervalMs - now;
    this.nextAt = Math.max(this.nextAt, now) + this.intervalMs;
    if (waitMs > 0) await sleep(waitMs);
  }
}
