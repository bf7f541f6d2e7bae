import { sleep } from '@temporalio/workflow';

export interface TimerInput {
  readonly durationMs: number;
}

/** R1.3: sleeps for the given time. The server fires timers about once a second, so short ones take longer. */
export async function timer({ durationMs }: TimerInput): Promise<void> {
  await sleep(durationMs);
}
