import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { createHostWorkflows } from '../../activities/host-workflows';
import { HOST_QUEUE } from '../../orchestrator/names';
import { failStart, openRole, runWorkers } from './role';

/** How many hosts one machine's host role runs at the most. */
const HOSTS_PER_MACHINE = 16;

async function main(): Promise<void> {
  const role = await openRole('host');
  const hostWorkflows = createHostWorkflows({
    script: join(__dirname, 'host-process.js'),
    client: role.client,
    log: (message, fields) => void role.log.info(message, fields),
  });
  const worker = await Worker.create({
    connection: role.native,
    namespace: role.namespace,
    identity: role.identity,
    taskQueue: HOST_QUEUE,
    activities: { hostWorkflows },
    maxConcurrentActivityTaskExecutions: HOSTS_PER_MACHINE,
    maxHeartbeatThrottleInterval: '500ms',
    shutdownGraceTime: '1s',
  });
  await runWorkers(role, [worker]);
}

void main().catch(failStart);
