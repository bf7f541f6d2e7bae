import { Context } from '@temporalio/activity';

const HEARTBEAT_INTERVAL_MS = 1000;

/** Waits for the given time and heartbeats once per second. A retry continues from the last heartbeat. */
export async function wait(durationMs: number): Promise<void> {
  const context = Context.current();
  let passedMs = (context.info.heartbeatDetails as number | undefined) ?? 0;
  while (passedMs < durationMs) {
    const ms = Math.min(HEARTBEAT_INTERVAL_MS, durationMs - passedMs);
    await context.sleep(ms);
    passedMs += ms;
    context.heartbeat(passedMs);
  }
}
