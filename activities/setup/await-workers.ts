import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure, rootCause } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { Client, Connection } from '@temporalio/client';
import { status } from '@grpc/grpc-js';
import type { HostReport, RunRef } from '../../orchestrator/activity-types';
import { failureType } from '../../orchestrator/failure-type';
import { LOAD_QUEUES } from '../../orchestrator/names';
import type { TargetConnections } from '../../temporal/target-connections';
import { grpcCode } from '../../temporal/grpc-errors';
import type { Clock } from '../control-clock';
import { awaitOlderRuns } from './other-runs';
import { pendingHeartbeats } from '../observe/lane-heartbeats';

/** How long workers may take to start before the run fails without them. */
const READY_TIMEOUT_MS = 20_000;
const POLL_INTERVAL_MS = 200;

const { TaskQueueType, WorkerStatus } = temporal.api.enums.v1;

/** Polls until the condition holds; returns false if it does not hold within the timeout. */
async function waitUntil(condition: () => Promise<boolean>, timeoutMs = READY_TIMEOUT_MS): Promise<boolean> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() > giveUpAt) return false;
    await sleep(POLL_INTERVAL_MS);
  }
}

interface RequireDeps {
  readonly client: Client;
  /** Returns the workflow id of the run that asks. */
  readonly ownWorkflowId: () => string;
  /** Returns the control server's clock. */
  readonly clock: () => Promise<Clock>;
}

export function createRequireFreeGenerators({ client, ownWorkflowId, clock }: RequireDeps) {
  /**
   * Throws TooFewGenerators if there is not one free generator process per lane. Older runs take theirs first. Returns how
   * far away the control server is.
   */
  return async function requireFreeGenerators(lanesNeeded: number): Promise<{ controlRoundTripMs: number }> {
    const others = await awaitOlderRuns(client, ownWorkflowId(), clock);
    let free = 0;
    const beats: Beats = new Map();
    const areEnough = await waitUntil(async () => (free = await freeGenerators(client, beats)) >= lanesNeeded);
    if (areEnough) return { controlRoundTripMs: await roundTripMs(client.connection as Connection) };
    const inUse =
      others.length === 0 ? '' : ` beside the ${others.length === 1 ? 'run' : 'runs'} ${others.slice(0, 3).join(', ')}`;
    throw ApplicationFailure.nonRetryable(
      `the run needs ${lanesNeeded} free generators, but finds ${free}${inUse}; start more with: benchmark worker --roles generator --generators ${lanesNeeded - free}, or use fewer lanes with --lanes`,
      'TooFewGenerators',
    );
  };
}

/** Returns how long the shortest of a few calls took, milliseconds; 0 if the server answers none. */
async function roundTripMs({ workflowService }: Connection): Promise<number> {
  let shortest: number | undefined;
  for (let i = 0; i < 3; i += 1) {
    const sentAt = performance.now();
    const isAnswered = await workflowService.getSystemInfo({}).then(
      () => true,
      () => false,
    );
    if (isAnswered) shortest = Math.min(shortest ?? Infinity, performance.now() - sentAt);
  }
  return shortest ?? 0;
}

/** Returns the number of generator processes that have a free slot on every load queue. */
async function freeGenerators(client: Client, beats: Beats): Promise<number> {
  const connection = client.connection as Connection;
  const { namespace } = client.options;
  try {
    return await byHeartbeats(connection, namespace, beats);
  } catch (err) {
    // Servers before 1.30 do not list workers. Their pollers show which generators run, but not which are busy.
    if (grpcCode(err) !== status.UNIMPLEMENTED) throw err;
    return await byPollers(connection, namespace);
  }
}

/** The first heartbeat that was seen of each worker, seconds on the worker's clock. */
type Beats = Map<string, number>;

/**
 * Counts free generators by the workers' heartbeats, which they send once per second with the time of their own clocks. A
 * worker whose clock differs is recognized by its next heartbeat.
 */
async function byHeartbeats(connection: Connection, namespace: string, beats: Beats): Promise<number> {
  const slots = new Map<string, number>();
  for await (const worker of workersIn(connection, namespace)) {
    if (!LOAD_QUEUES.includes(worker.taskQueue ?? '')) continue;
    if (worker.status !== WorkerStatus.WORKER_STATUS_RUNNING) continue;
    const beatAt = Number(worker.heartbeatTime?.seconds ?? 0);
    const key = `${worker.workerIdentity} ${worker.taskQueue}`;
    const first = beats.get(key) ?? beatAt;
    beats.set(key, first);
    const isAlive = Math.abs(Date.now() - beatAt * 1000) <= 10_000 || beatAt !== first;
    if (!isAlive || (worker.activityTaskSlotsInfo?.currentAvailableSlots ?? 0) < 1) continue;
    const process = worker.workerIdentity ?? '';
    slots.set(process, (slots.get(process) ?? 0) + 1);
  }
  return [...slots.values()].filter((free) => free >= LOAD_QUEUES.length).length;
}

/** Yields the heartbeats of all workers in a namespace: each generator process has several workers. */
async function* workersIn({ workflowService }: Connection, namespace: string) {
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const page = await workflowService.listWorkers({ namespace, pageSize: 1000, nextPageToken });
    for (const { workerHeartbeat: worker } of page.workersInfo) if (worker) yield worker;
    nextPageToken = page.nextPageToken ?? new Uint8Array();
  } while (nextPageToken.length > 0);
}

/** Counts generators, free or busy, by the pollers of the load queues. */
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
   * Waits until every host is ready; throws HostsNotReady otherwise. A host is ready when both of the run's task queues
   * list a poller with the identity that the host reports. The identity contains the attempt, because the server lists
   * pollers of dead processes for minutes.
   */
  return async function awaitHosts(run: RunRef, hosts: number, hostsWorkflow: string): Promise<void> {
    const target = await targets.get(run);
    let ready = 0;
    const areReady = await waitUntil(async () => {
      const { namespace } = client.options;
      await requireHosts(client, hostsWorkflow);
      const reports = await pendingHeartbeats<HostReport>(
        client.connection as Connection,
        namespace,
        hostsWorkflow,
        'hostWorkflows',
      );
      const lists = await Promise.all([pollersOf(target, run, 'WORKFLOW'), pollersOf(target, run, 'ACTIVITY')]);
      ready = reports.filter(({ identity }) => lists.every((list) => list.has(identity))).length;
      return ready >= hosts;
    }, READY_TIMEOUT_MS * 2);
    if (areReady) return;
    throw ApplicationFailure.nonRetryable(
      `the run needs ${hosts} hosts, but only ${ready} poll the task queue ${run.taskQueue}; start more with: benchmark worker --roles host`,
      'HostsNotReady',
    );
  };
}

/** Throws the failure of the hosts' workflow, if a host failed for a reason that a retry cannot repair. */
async function requireHosts(client: Client, hostsWorkflow: string): Promise<void> {
  const handle = client.workflow.getHandle(hostsWorkflow);
  if ((await handle.describe()).status.name !== 'FAILED') return;
  await handle.result().catch((err: Error) => {
    throw ApplicationFailure.nonRetryable(rootCause(err.cause), failureType(err) ?? 'HostsNotReady');
  });
}

export function createAwaitPollers({ targets }: { targets: TargetConnections }) {
  /**
   * Waits for workers that are not part of the run; throws NoPollers if none polls. It can only check that some worker
   * polls for workflow tasks.
   */
  return async function awaitPollers(run: RunRef): Promise<void> {
    const target = await targets.get(run);
    const isPolled = await waitUntil(async () => (await pollersOf(target, run, 'WORKFLOW')).size > 0);
    if (isPolled) return;
    throw ApplicationFailure.nonRetryable(
      `no worker polls the task queue ${run.taskQueue} in the namespace ${run.namespace}; start your workers first, or run: benchmark host --namespace ${run.namespace} --task-queue ${run.taskQueue}`,
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
