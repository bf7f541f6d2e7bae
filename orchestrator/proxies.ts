import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { ControlActivities, HostActivities, LoadActivities } from './activity-types';
import { CONTROL_QUEUE, HOST_QUEUE, loadQueueOf } from './names';

/** Control activities heartbeat once a second by themselves: where their worker dies, another is asked soon. */
const heartbeatTimeout = '10s';

/**
 * Short looks at a server that may be in trouble: each is tried a few times, and its own errors say when that is
 * pointless.
 */
export const shortActivities = proxyActivities<ControlActivities>({
  taskQueue: CONTROL_QUEUE,
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumAttempts: 3 },
});

/** Long work on the target that heartbeats and goes on where it was: reconciling, cleaning up. */
export const longActivities = proxyActivities<ControlActivities>({
  taskQueue: CONTROL_QUEUE,
  startToCloseTimeout: '1 hour',
  heartbeatTimeout,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumAttempts: 5 },
});

/** The collector of a step: lives as long as its lanes and is cancelled with them. */
export const collector = proxyActivities<ControlActivities>({
  taskQueue: CONTROL_QUEUE,
  startToCloseTimeout: '25 hours',
  heartbeatTimeout,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '1s', backoffCoefficient: 1 },
});

/**
 * Generators: retried for as long as it takes at a fixed pace, since every second without one is a gap; a cancelled
 * one returns its ledger, so its end is awaited (I3b, I10).
 *
 * @param longestMs the time from arming to the last completion
 */
export function generators(stepIndex: number, longestMs: number, heartbeatTimeoutMs: number) {
  return proxyActivities<LoadActivities>({
    taskQueue: loadQueueOf(stepIndex),
    startToCloseTimeout: longestMs + 600_000,
    heartbeatTimeout: heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '1s', backoffCoefficient: 1 },
  });
}

export const hosts = proxyActivities<HostActivities>({
  taskQueue: HOST_QUEUE,
  startToCloseTimeout: '26 hours',
  heartbeatTimeout: '10s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1s', backoffCoefficient: 1 },
});
