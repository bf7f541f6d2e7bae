import { ApplicationFailure } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { Client } from '@temporalio/client';
import type { RunRef } from '../orchestrator/contract';
import { hostIdentityPrefix, LOAD_QUEUES } from '../orchestrator/names';
import type { TargetConnections } from './connections';

/** How long workers that are just starting may take before the run fails for want of them. */
const PATIENCE_MS = 20_000;
const POLL_MS = 200;

const { TaskQueueType, WorkerStatus } = temporal.api.enums.v1;

async function until<T>(attempt: () => Promise<T | undefined>, patienceMs = PATIENCE_MS): Promise<T | undefined> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const found = await attempt();
    if (found !== undefined || Date.now() > giveUpAt) return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

export function createCountSlots({ client }: { client: Client }) {
  /** Fails rather than start short: every lane needs a generator process of its own. */
  return async function countSlots(lanesNeeded: number): Promise<void> {
    let free = 0;
    const enough = await until(async () => ((free = await freeGenerators(client)) >= lanesNeeded ? true : undefined));
    if (enough) return;
    throw ApplicationFailure.nonRetryable(
      `the run needs ${lanesNeeded} generators, have ${free}; start more with: benchmark worker --roles generator --generators ${lanesNeeded - free}, or ask for fewer with --lanes`,
      'TooFewGenerators',
    );
  };
}

/** Processes whose slots are free on every load queue, by the workers' own heartbeats (one a second). */
async function freeGenerators(client: Client): Promise<number> {
  const { workflowService } = client.connection as never as import('@temporalio/client').Connection;
  const { workersInfo } = await workflowService.listWorkers({ namespace: client.options.namespace, pageSize: 1000 });
  const slots = new Map<string, number>();
  for (const { workerHeartbeat: worker } of workersInfo) {
    if (
      !worker ||
      !LOAD_QUEUES.includes(worker.taskQueue ?? '') ||
      worker.status !== WorkerStatus.WORKER_STATUS_RUNNING
    )
      continue;
    const ageMs = Date.now() - Number(worker.heartbeatTime?.seconds ?? 0) * 1000;
    if (ageMs > 10_000 || (worker.activityTaskSlotsInfo?.currentAvailableSlots ?? 0) < 1) continue;
    const process = worker.workerIdentity ?? '';
    slots.set(process, (slots.get(process) ?? 0) + 1);
  }
  return [...slots.values()].filter((free) => free >= LOAD_QUEUES.length).length;
}

export function createAwaitHosts({ targets }: { targets: TargetConnections }) {
  /** Ready = an identity of ours polls for workflow tasks; pollers of dead processes stay listed, but not under this run's id. */
  return async function awaitHosts(run: RunRef, hosts: number, _hostsWorkflow: string): Promise<void> {
    const connection = await targets.get(run.targetProfile);
    let missing: number[] = [];
    const ready = await until(async () => {
      const kinds = [TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY];
      const lists = await Promise.all(
        kinds.map(async (taskQueueType) => {
          const { pollers } = await connection.workflowService.describeTaskQueue({
            namespace: run.namespace,
            taskQueue: { name: run.taskQueue },
            taskQueueType,
          });
          return pollers.map((poller) => poller.identity ?? '');
        }),
      );
      const polls = (host: number) =>
        lists.every((list) => list.some((identity) => identity.startsWith(hostIdentityPrefix(run.runId, host))));
      missing = Array.from({ length: hosts }, (_, host) => host).filter((host) => !polls(host));
      return missing.length === 0 ? true : undefined;
    }, PATIENCE_MS * 2);
    if (ready) return;
    throw ApplicationFailure.nonRetryable(
      `${missing.length} of ${hosts} hosts did not begin to poll ${run.taskQueue}; start more with: benchmark worker --roles host`,
      'HostsNotReady',
    );
  };
}
