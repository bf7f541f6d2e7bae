import { Context } from '@temporalio/activity';

const BEAT_MS = 1000;

/** Lives for the given time and says so once a second; whoever takes over goes on from its last word. */
export async function wait(durationMs: number): Promise<void> {
  const context = Context.current();
  let passedMs = (context.info.heartbeatDetails as number | undefined) ?? 0;
  while (passedMs < durationMs) {
    const ms = Math.min(BEAT_MS, durationMs - passedMs);
    await context.sleep(ms);
    passedMs += ms;
    context.heartbeat(passedMs);
  }
}
