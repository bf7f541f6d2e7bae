import { ApplicationFailure } from '@temporalio/common';
import type { ControlLink } from './control-link';

/** The relation of the local monotonic clock to the control server's clock (law 3). */
export interface Anchor {
  /** The monotonic time (performance.now) at which the control server's clock showed 0. */
  readonly originMs: number;
  /** The local wall clock minus the control server's clock. */
  readonly offsetMs: number;
  /** Half the width of the interval that contains the offset. */
  readonly uncertaintyMs: number;
}

/** The largest uncertainty with which a lane may start. */
export const CLOCK_REFUSAL_MS = 1000;

/**
 * Measures the offset to the control server's clock and throws ClockUnknown if it is too uncertain. A heartbeat is sent at
 * t0 and answered at t1, and the server reports the time S of its clock at which it recorded the heartbeat. So
 * S = t − origin for some t between t0 and t1, which bounds the origin: t0 − S ≤ origin ≤ t1 − S. The result is the
 * intersection of the bounds of several heartbeats.
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
      `the offset to the control server's clock is uncertain by ± ${uncertaintyMs} ms; the limit is ${CLOCK_REFUSAL_MS} ms; check the latency of the connection to the control server`,
      'ClockUnknown',
    );
  }
  const originMs = (low + high) / 2;
  return { originMs, offsetMs: Date.now() - (now() - originMs), uncertaintyMs };
}
