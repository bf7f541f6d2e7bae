import { proxyLocalActivities } from '@temporalio/workflow';
import type * as activities from './activities/noop';

const { noop } = proxyLocalActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

export interface LocalActivitiesInput {
  readonly activities: number;
}

/** Runs so many local activities one after another: work without a task on any queue, and a marker for each. */
export async function localActivities({ activities }: LocalActivitiesInput): Promise<void> {
  for (let i = 0; i < activities; i += 1) await noop();
}
