import { setTimeout as sleep } from 'node:timers/promises';

/** The server allows 10 visibility calls per second and namespace by default; most of them are left to other clients. */
const VISIBILITY_CALL_MS = 1000;

/** Allows one call per interval. The first call does not wait. */
export class RateLimiter {
  private nextAt = 0;
  constructor(private readonly intervalMs = VISIBILITY_CALL_MS) {}

  /** Resolves when the next call may be made. */
  async next(): Promise<void> {
    const waitMs = this.nextAt - Date.now();
    if (waitMs > 0) await sleep(waitMs);
    this.nextAt = Date.now() + this.intervalMs;
  }
}
