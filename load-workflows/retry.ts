import { proxyActivities } from '@temporalio/workflow';
import type * as activities from './activities/fail';

const { failUntil } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1 minute',
  // The server fires timers about once a second: what is shorter would not be faster.
  retry: { initialInterval: '1s', backoffCoefficient: 1 },
});

export interface RetryInput {
  readonly failures: number;
}

/** Runs an activity that fails so many times before it succeeds, a second apart. */
export async function retry({ failures }: RetryInput): Promise<void> {
  await failUntil(failures + 1);
}
