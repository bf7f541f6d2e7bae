import { proxyLocalActivities } from '@temporalio/workflow';
import type * as activities from './activities/noop';

const { noop } = proxyLocalActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

export interface LocalActivitiesInput {
  readonly activities: number;
}

/** Runs the given number of local activities one after another. Each adds a marker and no task to a task queue. */
export async function localActivities({ activities }: LocalActivitiesInput): Promise<void> {
  for (let i = 0; i < activities; i += 1) await noop();
}
