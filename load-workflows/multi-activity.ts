import { proxyActivities } from '@temporalio/workflow';
import type * as activities from './activities/noop';

const { noop } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

export interface MultiActivityInput {
  readonly activities: number;
  /** How many of them run at the same time. */
  readonly atOnce: number;
}

/** Runs the given number of no-op activities, one after another or several at the same time (R1.2). */
export async function multiActivity({ activities, atOnce }: MultiActivityInput): Promise<void> {
  let next = 0;
  const runNext = async () => {
    while (next < activities) {
      next += 1;
      await noop();
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, activities) }, runNext));
}
