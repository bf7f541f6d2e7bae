import { proxyActivities } from '@temporalio/workflow';
import type * as activities from './activities/fail';

const { failUntil } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
  // The server fires timers about once per second, so a shorter interval would not be faster.
  retry: { initialInterval: '1s', backoffCoefficient: 1 },
});

export interface RetryInput {
  readonly failures: number;
}

/** Runs an activity that fails the given number of times, a second apart, before it succeeds. */
export async function retry({ failures }: RetryInput): Promise<void> {
  await failUntil(failures + 1);
}
