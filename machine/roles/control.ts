import { Context } from '@temporalio/activity';
import { Worker } from '@temporalio/worker';
import { Registry } from 'prom-client';
import {
  createAwaitHosts,
  createAwaitPollers,
  createRequireFreeGenerators,
} from '../../activities/setup/await-workers';
import { createCheckHealth } from '../../activities/setup/check-health';
import { createCleanUp } from '../../activities/settle/clean-up';
import {
  createAwaitHostsEnded,
  createCollectProgress,
  createReadHosts,
  createReadLanes,
} from '../../activities/observe/collect-progress';
import { createDescribeSystem } from '../../activities/setup/describe-system';
import { databaseSource } from '../../activities/observe/cloudwatch';
import { createReadDatabase } from '../../activities/observe/read-database';
import { serverSources } from '../../activities/observe/server-pages';
import { judgeStep } from '../../activities/settle/judge-step';
import { controlClock } from '../../activities/control-clock';
import { heartbeating } from '../../activities/heartbeating';
import { createObserveTarget } from '../../activities/observe/observe-target';
import { createPrepareNamespace } from '../../activities/setup/prepare-namespace';
import { createReconcile } from '../../activities/settle/reconcile';
import { createSampleWorkload } from '../../activities/observe/sample-workload';
import type { ControlActivities } from '../../orchestrator/activity-types';
import { CONTROL_QUEUE } from '../../orchestrator/names';
import { QueueMetrics } from '../metrics/queue-metrics';
import { ORCHESTRATOR_BUNDLE } from '../paths';
import { exitOnStartError, openRole, runWorkers, type Role } from './role';

function controlActivities(role: Role, queues: QueueMetrics): ControlActivities {
  const { client, targets } = role;
  const database = databaseSource();
  const clock = () => controlClock(client);
  return {
    checkHealth: createCheckHealth({
      resolve: (profile) => targets.resolve(profile),
      controlClusterId: async () => (await role.connection.workflowService.getClusterInfo({})).clusterId ?? '',
      connectTimeoutMs: role.connectTimeoutMs,
    }),
    prepareNamespace: createPrepareNamespace({ targets }),
    describeSystem: createDescribeSystem({ targets, embedded: embeddedConfig(process.env) }),
    requireFreeGenerators: createRequireFreeGenerators({
      client,
      ownWorkflowId: () => Context.current().info.workflowExecution!.workflowId,
      clock,
    }),
    awaitHosts: createAwaitHosts({ targets, client }),
    awaitPollers: createAwaitPollers({ targets }),
    collectProgress: createCollectProgress({ client, targets }),
    observeTarget: createObserveTarget({
      targets,
      sources: serverSources(),
      readsDatabase: database !== undefined,
      observe: () => queues.observe(),
      clock,
    }),
    readDatabase: createReadDatabase({ source: database, clock }),
    readLanes: createReadLanes({ client }),
    readHosts: createReadHosts({ client }),
    awaitHostsEnded: createAwaitHostsEnded({ client }),
    judgeStep,
    reconcile: createReconcile({ targets, clock }),
    sampleWorkload: createSampleWorkload({ targets }),
    cleanUp: createCleanUp({ targets }),
  };
}

async function main(): Promise<void> {
  const registry = new Registry();
  const queues = new QueueMetrics(registry);
  const role = await openRole('control', () => registry.metrics());
  const worker = await Worker.create({
    connection: role.native,
    namespace: role.namespace,
    identity: role.identity,
    taskQueue: CONTROL_QUEUE,
    workflowBundle: { codePath: ORCHESTRATOR_BUNDLE },
    activities: heartbeating(controlActivities(role, queues)),
    // After a control worker has died, its sticky workflow tasks are given to another worker after this time.
    stickyQueueScheduleToStartTimeout: '2s',
    // An activity receives its cancellation with the answer to a heartbeat.
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
    shutdownGraceTime: '1s',
  });
  await runWorkers(role, [worker]);
}

/** Returns the dynamic configuration of an embedded target, which the session's supervisor passes on. */
function embeddedConfig({ BENCHMARK_EMBEDDED_TARGET: settings }: NodeJS.ProcessEnv): string[] | undefined {
  return settings === undefined ? undefined : (JSON.parse(settings) as string[]);
}

void main().catch(exitOnStartError);
