import { sleep } from '@temporalio/workflow';

export interface TimerInput {
  readonly durationMs: number;
}

/** Sleeps for the given time (R1.3). The server fires timers about once per second, so short ones take longer. */
export async function timer({ durationMs }: TimerInput): Promise<void> {
  await sleep(durationMs);
}
