import { Worker } from '@temporalio/worker';
import { Registry } from 'prom-client';
import { createAwaitHosts, createAwaitPollers, createCountSlots } from '../../activities/capacity';
import { createCheckHealth } from '../../activities/check-health';
import { createCleanUp } from '../../activities/clean-up';
import { createAwaitHostsEnded, createCollectProgress, createReadHosts } from '../../activities/collect-progress';
import { createDescribeSystem } from '../../activities/describe-system';
import { serverSources } from '../../activities/server-pages';
import { judgeStep } from '../../activities/judge-step';
import { heartbeating } from '../../activities/heartbeating';
import { createObserveTarget } from '../../activities/observe-target';
import { createPrepareNamespace } from '../../activities/prepare-namespace';
import { createReconcile } from '../../activities/reconcile/reconcile';
import { createSampleWorkload } from '../../activities/sample-workload';
import type { ControlActivities } from '../../orchestrator/contract';
import { CONTROL_QUEUE } from '../../orchestrator/names';
import { QueueMetrics } from '../metrics/queue-metrics';
import { ORCHESTRATOR_BUNDLE } from '../paths';
import { failStart, openRole, runWorkers, type Role } from './role';

function controlActivities(role: Role, queues: QueueMetrics): ControlActivities {
  const { client, targets } = role;
  return {
    checkHealth: createCheckHealth({
      resolve: (profile) => targets.resolve(profile),
      controlClusterId: async () => (await role.connection.workflowService.getClusterInfo({})).clusterId ?? '',
      connectTimeoutMs: role.connectTimeoutMs,
    }),
    prepareNamespace: createPrepareNamespace({ targets }),
    describeSystem: createDescribeSystem({ targets, embedded: embeddedConfig(process.env) }),
    countSlots: createCountSlots({ client }),
    awaitHosts: createAwaitHosts({ targets, client }),
    awaitPollers: createAwaitPollers({ targets }),
    collectProgress: createCollectProgress({ client, targets }),
    observeTarget: createObserveTarget({
      targets,
      sources: serverSources(),
      onLook: (type, look) => queues.note(type, look),
    }),
    readHosts: createReadHosts({ client }),
    awaitHostsEnded: createAwaitHostsEnded({ client }),
    judgeStep,
    reconcile: createReconcile({ targets }),
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
    // A dead control worker's sticky tasks are not waited for longer than this.
    stickyQueueScheduleToStartTimeout: '2s',
    // Cancellations reach an activity with the answer to a heartbeat.
    maxHeartbeatThrottleInterval: '1s',
    defaultHeartbeatThrottleInterval: '1s',
    shutdownGraceTime: '1s',
  });
  await runWorkers(role, [worker]);
}

/** Its supervisor tells of the target that it started, and with which settings. */
function embeddedConfig({ BENCHMARK_EMBEDDED_TARGET: settings }: NodeJS.ProcessEnv): string[] | undefined {
  return settings === undefined ? undefined : (JSON.parse(settings) as string[]);
}

void main().catch(failStart);
