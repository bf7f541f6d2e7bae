import { ApplicationFailure } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { Client, Connection } from '@temporalio/client';
import { status } from '@grpc/grpc-js';
import type { HostReport, RunRef } from '../../orchestrator/activity-types';
import { LOAD_QUEUES } from '../../orchestrator/names';
import type { TargetConnections } from '../../temporal/connections';
import { grpcCode } from '../../temporal/grpc-errors';
import { pendingHeartbeats } from '../observe/lane-heartbeats';

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

export function createRequireFreeGenerators({ client }: { client: Client }) {
  /** Fails rather than start short: every lane needs a generator process of its own. */
  return async function requireFreeGenerators(lanesNeeded: number): Promise<void> {
    let free = 0;
    const enough = await until(async () => ((free = await freeGenerators(client)) >= lanesNeeded ? true : undefined));
    if (enough) return;
    throw ApplicationFailure.nonRetryable(
      `the run needs ${lanesNeeded} generators, have ${free}; start more with: benchmark worker --roles generator --generators ${lanesNeeded - free}, or ask for fewer with --lanes`,
      'TooFewGenerators',
    );
  };
}

/** Processes whose slots are free on every load queue. */
async function freeGenerators(client: Client): Promise<number> {
  const connection = client.connection as Connection;
  const { namespace } = client.options;
  try {
    return await byHeartbeats(connection, namespace);
  } catch (err) {
    // Servers before 1.30 do not list workers; their pollers tell at least who is there, if not who is busy.
    if (grpcCode(err) !== status.UNIMPLEMENTED) throw err;
    return await byPollers(connection, namespace);
  }
}

/** By the workers' own heartbeats, one a second. */
async function byHeartbeats({ workflowService }: Connection, namespace: string): Promise<number> {
  const { workersInfo } = await workflowService.listWorkers({ namespace, pageSize: 1000 });
  const slots = new Map<string, number>();
  for (const { workerHeartbeat: worker } of workersInfo) {
    if (!worker || !LOAD_QUEUES.includes(worker.taskQueue ?? '')) continue;
    if (worker.status !== WorkerStatus.WORKER_STATUS_RUNNING) continue;
    const ageMs = Date.now() - Number(worker.heartbeatTime?.seconds ?? 0) * 1000;
    if (ageMs > 10_000 || (worker.activityTaskSlotsInfo?.currentAvailableSlots ?? 0) < 1) continue;
    const process = worker.workerIdentity ?? '';
    slots.set(process, (slots.get(process) ?? 0) + 1);
  }
  return [...slots.values()].filter((free) => free >= LOAD_QUEUES.length).length;
}

async function byPollers({ workflowService }: Connection, namespace: string): Promise<number> {
  const lists = await Promise.all(
    LOAD_QUEUES.map(async (name) => {
      const taskQueueType = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY;
      const { pollers } = await workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType });
      return new Set(pollers.map(({ identity }) => identity));
    }),
  );
  return Math.min(...lists.map(({ size }) => size));
}

export function createAwaitHosts({ targets, client }: { targets: TargetConnections; client: Client }) {
  /**
   * Ready = the identity a host itself reports, which names its attempt, polls both queue types: pollers of dead
   * processes stay listed for minutes.
   */
  return async function awaitHosts(run: RunRef, hosts: number, hostsWorkflow: string): Promise<void> {
    const target = await targets.get(run.targetProfile);
    let ready = 0;
    const all = await until(async () => {
      const { namespace } = client.options;
      const reports = await pendingHeartbeats<HostReport>(
        client.connection as Connection,
        namespace,
        hostsWorkflow,
        'hostWorkflows',
      );
      const lists = await Promise.all([pollersOf(target, run, 'WORKFLOW'), pollersOf(target, run, 'ACTIVITY')]);
      ready = reports.filter(({ identity }) => lists.every((list) => list.has(identity))).length;
      return ready >= hosts ? true : undefined;
    }, PATIENCE_MS * 2);
    if (all) return;
    throw ApplicationFailure.nonRetryable(
      `the run needs ${hosts} hosts, ${ready} poll ${run.taskQueue}; start more with: benchmark worker --roles host`,
      'HostsNotReady',
    );
  };
}

export function createAwaitPollers({ targets }: { targets: TargetConnections }) {
  /** Somebody else's workers: all that can be known is that somebody polls for workflow tasks. */
  return async function awaitPollers(run: RunRef): Promise<void> {
    const target = await targets.get(run.targetProfile);
    const found = await until(async () => ((await pollersOf(target, run, 'WORKFLOW')).size > 0 ? true : undefined));
    if (found) return;
    throw ApplicationFailure.nonRetryable(
      `nobody polls the task queue ${run.taskQueue} in the namespace ${run.namespace}; start your workers first, or benchmark host --namespace ${run.namespace} --task-queue ${run.taskQueue}`,
      'NoPollers',
    );
  };
}

async function pollersOf(target: Connection, run: RunRef, type: 'WORKFLOW' | 'ACTIVITY'): Promise<Set<string>> {
  const { pollers } = await target.workflowService.describeTaskQueue({
    namespace: run.namespace,
    taskQueue: { name: run.taskQueue },
    taskQueueType: TaskQueueType[`TASK_QUEUE_TYPE_${type}`],
  });
  return new Set(pollers.map(({ identity }) => identity ?? ''));
}
