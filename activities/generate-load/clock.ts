import { setTimeout as sleep } from 'node:timers/promises';
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

const ROUNDS = 4;
/** How long a generator tries to read the control server's clock. A server that is restarted needs seconds. */
const GIVE_UP_MS = 15_000;
const RETRY_MS = 250;

/** The clock, and what the calls that measured it have shown about the attempt. */
export interface Anchored {
  readonly anchor: Anchor;
  /** When the last call was sent that proved the attempt current: on the local monotonic clock. */
  readonly provenAtMs: number;
  /** Whether the lane was canceled while it got ready. */
  readonly isCanceled: boolean;
}

/**
 * Measures the offset to the control server's clock. A heartbeat is sent at t0 and answered at t1, and the server reports
 * the time S of its clock at which it recorded the heartbeat. So S = t − origin for some t between t0 and t1, which bounds
 * the origin: t0 − S ≤ origin ≤ t1 − S. The result is the intersection of the bounds of several heartbeats. If a clock was
 * set meanwhile, the bounds contradict each other, and the uncertainty covers both.
 *
 * Rounds without an answer are repeated: a stall of the control server must not end the lane. Throws ClockUnknown, which a
 * retry may repair, if the offset stays too uncertain.
 *
 * @returns 'superseded' if another attempt has replaced this one
 */
export async function anchorClock(
  link: ControlLink,
  details: unknown,
  now = () => performance.now(),
  pause: (ms: number) => Promise<unknown> = sleep,
): Promise<Anchored | 'superseded'> {
  let low = -Infinity;
  let high = Infinity;
  let provenAtMs = -Infinity;
  let isCanceled = false;
  const giveUpAt = now() + GIVE_UP_MS;
  for (let answered = 0; answered < ROUNDS && now() < giveUpAt;) {
    const t0 = now();
    const state = await link.heartbeat(details, 2000);
    if (state === 'superseded') return state;
    const t1 = now();
    const isRecorded = state !== 'unreachable';
    const server = isRecorded ? await link.lastHeartbeatMs().catch(() => undefined) : undefined;
    if (isRecorded) provenAtMs = t0;
    isCanceled ||= state === 'canceled';
    if (server === undefined) {
      await pause(RETRY_MS);
      continue;
    }
    answered += 1;
    low = Math.max(low, t0 - server);
    high = Math.min(high, t1 - server);
  }
  const uncertaintyMs = Math.abs(high - low) / 2;
  if (!(uncertaintyMs <= CLOCK_REFUSAL_MS)) {
    const problem = Number.isFinite(uncertaintyMs)
      ? `the offset to the control server's clock is uncertain by ± ${Math.round(uncertaintyMs)} ms; the limit is ${CLOCK_REFUSAL_MS} ms`
      : `the control server has not reported its time for ${GIVE_UP_MS / 1000} s`;
    throw ApplicationFailure.retryable(`${problem}; check the connection to the control server`, 'ClockUnknown');
  }
  const originMs = (low + high) / 2;
  return { anchor: { originMs, offsetMs: Date.now() - (now() - originMs), uncertaintyMs }, provenAtMs, isCanceled };
}
