import { proxyActivities } from '@temporalio/workflow';
import type * as activities from './activities/echo';

const { echo } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

/** Passes its input to an activity and returns the result, so the database stores the data five times. */
export async function payload(data: string): Promise<string> {
  return await echo(data);
}
