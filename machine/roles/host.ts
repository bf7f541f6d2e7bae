import { Worker } from '@temporalio/worker';
import { createHostWorkflows } from '../../activities/hosts/host-workflows';
import { HOST_QUEUE } from '../../orchestrator/names';
import { HOST_PROCESS } from '../paths';
import { mergePages } from '../metrics/page';
import { fetchPage } from '../metrics/serve';
import { exitOnStartError, openRole, runWorkers } from './role';

/** The maximum number of hosts that the host role of one machine runs. */
const MAX_HOSTS = 16;

/** Runs the host role. Each host is a child process, whose metrics are served on this process's page. */
async function main(): Promise<void> {
  const hosts = new Map<number, number>();
  const role = await openRole('host', async () =>
    mergePages(
      await Promise.all(
        [...hosts].map(async ([host, port]) => ({ role: `host-${host}`, text: await fetchPage(port) })),
      ),
    ),
  );
  const hostWorkflows = createHostWorkflows({
    targets: role.targets,
    script: HOST_PROCESS,
    client: role.client,
    onMetrics: (host, port) => void (port === undefined ? hosts.delete(host) : hosts.set(host, port)),
    log: (message, fields) => void role.log.info(message, fields),
  });
  const worker = await Worker.create({
    connection: role.native,
    namespace: role.namespace,
    identity: role.identity,
    taskQueue: HOST_QUEUE,
    activities: { hostWorkflows },
    maxConcurrentActivityTaskExecutions: MAX_HOSTS,
    maxHeartbeatThrottleInterval: '500ms',
    shutdownGraceTime: '1s',
  });
  await runWorkers(role, [worker]);
}

void main().catch(exitOnStartError);
