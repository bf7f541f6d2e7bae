import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { ControlActivities, HostActivities, LoadActivities } from './activity-types';
import { CONTROL_QUEUE, HOST_QUEUE, loadQueueOf } from './names';

/** Control activities heartbeat every two seconds. If their worker dies, the server retries them after this time. */
const heartbeatTimeout = '10s';

/** Activities that take seconds. They are tried three times; non-retryable failures are not repeated. */
export const shortActivities = proxyActivities<ControlActivities>({
  taskQueue: CONTROL_QUEUE,
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumAttempts: 3 },
});

/** Activities that may take many minutes: reconciliation, cleanup, and waiting for the hosts to end. */
export const longActivities = proxyActivities<ControlActivities>({
  taskQueue: CONTROL_QUEUE,
  startToCloseTimeout: '1 hour',
  heartbeatTimeout,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumAttempts: 5 },
});

/** The activities that run during a step and are canceled when its lanes have returned. */
export const collectorActivities = proxyActivities<ControlActivities>({
  taskQueue: CONTROL_QUEUE,
  startToCloseTimeout: '25 hours',
  heartbeatTimeout,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '1s', backoffCoefficient: 1 },
});

/**
 * The activity that reads the lanes' heartbeats before a step cancels its lanes. It is short, because the generators send
 * until they learn of the cancellation (I10).
 */
export const recordActivities = proxyActivities<ControlActivities>({
  taskQueue: CONTROL_QUEUE,
  scheduleToCloseTimeout: '1s',
  retry: { maximumAttempts: 1 },
});

/**
 * The activities of the generators. They are retried at a fixed interval until they succeed, because every second without
 * a generator is a gap, or until no generator was free for the lane in time. A canceled generator returns its ledger, so its
 * end is awaited (I3b, I10).
 *
 * @param longestMs the time from the start of the activity to the last completion, at most
 * @param laneWaitMs how long a lane waits for a free generator
 */
export function generatorActivities(
  stepIndex: number,
  longestMs: number,
  laneWaitMs: number,
  heartbeatTimeoutMs: number,
) {
  return proxyActivities<LoadActivities>({
    taskQueue: loadQueueOf(stepIndex),
    scheduleToStartTimeout: laneWaitMs,
    startToCloseTimeout: longestMs + 600_000,
    heartbeatTimeout: heartbeatTimeoutMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '1s', backoffCoefficient: 1 },
  });
}

/** The activities of the hosts, which run from the start of the run until its cleanup. */
export const hostActivities = proxyActivities<HostActivities>({
  taskQueue: HOST_QUEUE,
  startToCloseTimeout: '26 hours',
  heartbeatTimeout: '10s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1s', backoffCoefficient: 1 },
});
