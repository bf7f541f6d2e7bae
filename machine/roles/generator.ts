import { asyncLocalStorage } from '@temporalio/activity';
import { Worker } from '@temporalio/worker';
import { AsyncContexts } from '../../activities/generate-load/async-contexts';
import { createGenerateLoad } from '../../activities/generate-load/generate-load';
import { LaneExecutors } from '../../activities/generate-load/lane-executors';
import { buildIdOf } from '../build-id';
import { LaneMetrics } from '../metrics/lane-metrics';
import { maxRateOf } from '../../spec/max-rate';
import { LOAD_QUEUES } from '../../orchestrator/names';
import { LOAD_WORKFLOWS_BUNDLE } from '../paths';
import { exitOnStartError, openRole, runWorkers } from './role';

/** Runs a generator process. It has one slot on each load queue, so it never gets two lanes of the same step. */
async function main(): Promise<void> {
  const metrics = new LaneMetrics();
  const unfinishedLoad: Promise<unknown>[] = [];
  const role = await openRole('generator', () => metrics.registry.metrics());
  const log = (message: string, fields: Record<string, unknown>) => void role.log.info(message, fields);
  const { targets, client: control, identity } = role;
  const executors = new LaneExecutors({ targets, control, identity, buildId: buildIdOf(LOAD_WORKFLOWS_BUNDLE), log });
  const generateLoad = createGenerateLoad({
    control: role.connection,
    controlNamespace: role.namespace,
    targets,
    identity,
    executors,
    contexts: new AsyncContexts([
      asyncLocalStorage,
      role.native.callContextStorage,
      role.connection.callContextStorage,
    ]),
    maxRate: maxRateOf(process.env),
    onUnfinishedLoad: (load) => unfinishedLoad.push(load),
    observe: (workload, namespace) => metrics.lane(workload, namespace),
    log,
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
  await runWorkers(role, workers, async () => {
    await Promise.allSettled(unfinishedLoad);
    await executors.stop();
  });
}

void main().catch(exitOnStartError);
