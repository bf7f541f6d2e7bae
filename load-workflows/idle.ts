import { proxyActivities } from '@temporalio/workflow';
import type * as activities from './activities/wait';

const { wait } = proxyActivities<typeof activities>({ startToCloseTimeout: '2 hours', heartbeatTimeout: '10s' });

export interface IdleInput {
  readonly durationMs: number;
}

/** Waits for an activity that only heartbeats, once per second, for the given time. */
export async function idle({ durationMs }: IdleInput): Promise<void> {
  await wait(durationMs);
}
