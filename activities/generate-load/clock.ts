import { ApplicationFailure } from '@temporalio/common';
import type { ControlLink } from './control-link';

/** Law 3: how the local monotonic clock stands to the control server's. */
export interface Anchor {
  /** Monotonic instant (performance.now) at which the control server's clock showed 0. */
  readonly originMs: number;
  /** Local wall clock − control server's clock. */
  readonly offsetMs: number;
  /** Half the width of the interval the offset is known to lie in. */
  readonly uncertaintyMs: number;
}

/** Beyond this nobody can say when the load is due. */
export const CLOCK_REFUSAL_MS = 1000;

/**
 * Bounds the offset: a heartbeat is sent at t0 and answered at t1, and the server says at which instant S of its clock
 * it recorded it. So S fell between t0 and t1, and S = t − origin for some t in between. The narrowest of a few such
 * intervals counts, cut with the others.
 */
export async function anchorClock(
  link: ControlLink,
  details: unknown,
  now = () => performance.now(),
  rounds = 4,
): Promise<Anchor> {
  let low = -Infinity;
  let high = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const t0 = now();
    if ((await link.heartbeat(details, 2000)) === 'unreachable') continue;
    const t1 = now();
    const server = await link.lastHeartbeatMs().catch(() => undefined);
    if (server === undefined) continue;
    low = Math.max(low, t0 - server);
    high = Math.min(high, t1 - server);
  }
  const uncertaintyMs = Math.max(0, (high - low) / 2);
  if (!(uncertaintyMs <= CLOCK_REFUSAL_MS)) {
    throw ApplicationFailure.nonRetryable(
      `the control server's clock is known to ± ${uncertaintyMs} ms only; ${CLOCK_REFUSAL_MS} ms is the limit`,
      'ClockUnknown',
    );
  }
  const originMs = (low + high) / 2;
  return { originMs, offsetMs: Date.now() - (now() - originMs), uncertaintyMs };
}
