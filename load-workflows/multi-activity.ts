import { proxyActivities } from '@temporalio/workflow';
import type * as activities from './activities/noop';

const { noop } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

export interface MultiActivityInput {
  readonly activities: number;
  /** How many of them run at once. */
  readonly atOnce: number;
}

/** R1.2: runs exactly so many no-op activities, one after another or several at once. */
export async function multiActivity({ activities, atOnce }: MultiActivityInput): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < activities) {
      next += 1;
      await noop();
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, activities) }, lane));
}
