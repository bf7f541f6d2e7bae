import { proxyActivities } from '@temporalio/workflow';
import type * as activities from './activities/echo';

const { echo } = proxyActivities<typeof activities>({ startToCloseTimeout: '1 minute' });

/** Hands what it was started with to an activity and returns what comes back: five times through the database. */
export async function payload(data: string): Promise<string> {
  return await echo(data);
}
