import { Worker } from '@temporalio/worker';
import { createGenerateLoad } from '../../activities/generate-load/generate-load';
import { LaneMetrics } from '../metrics/lane-metrics';
import { maxRateOf } from '../../spec/max-rate';
import { LOAD_QUEUES } from '../../orchestrator/names';
import { exitOnStartError, openRole, runWorkers } from './role';

/** Runs a generator process. It has one slot on each load queue, so it never gets two lanes of the same step. */
async function main(): Promise<void> {
  const metrics = new LaneMetrics();
  const unfinishedLoad: Promise<unknown>[] = [];
  const role = await openRole('generator', () => metrics.registry.metrics());
  const generateLoad = createGenerateLoad({
    control: role.connection,
    controlNamespace: role.namespace,
    targets: role.targets,
    identity: role.identity,
    maxRate: maxRateOf(process.env),
    onUnfinishedLoad: (load) => unfinishedLoad.push(load),
    observe: (workload, namespace) => metrics.lane(workload, namespace),
    log: (message, fields) => void role.log.info(message, fields),
  });
  const workers = await Promise.all(
    LOAD_QUEUES.map((taskQueue) =>
      Worker.create({
        connection: role.native,
        namespace: role.namespace,
        identity: role.identity,
        taskQueue,
        activities: { generateLoad },
        maxConcurrentActivityTaskExecutions: 1,
        maxConcurrentActivityTaskPolls: 1,
        // A heartbeat that is still throttled when the process dies is lost, and with it the position of the lane.
        maxHeartbeatThrottleInterval: '500ms',
        defaultHeartbeatThrottleInterval: '500ms',
        shutdownGraceTime: '1s',
      }),
    ),
  );
  await runWorkers(role, workers, () => Promise.allSettled(unfinishedLoad));
}

void main().catch(exitOnStartError);
