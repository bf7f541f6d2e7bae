import { status } from '@grpc/grpc-js';
import type { Client, Connection } from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import {
  createAwaitHosts,
  createAwaitPollers,
  createRequireFreeGenerators,
} from '../../../activities/setup/await-workers';
import { LOAD_QUEUES } from '../../../orchestrator/names';
import type { Progress } from '../../../orchestrator/messages';
import type { TargetConnections } from '../../../temporal/target-connections';
import { grpcFailure } from '../../support/fake-target';
import { passTimeUntil, useFakeTime } from '../../support/passing-time';
import { ownedRun } from '../../support/steps';

jest.mock('node:timers/promises', () => jest.requireActual<object>('../../support/timers-promises'));
useFakeTime();

const { WorkerStatus, TaskQueueType } = temporal.api.enums.v1;

/** When the run that asks was started. */
const OWN_START_MS = 1_700_000_000_000;

interface Beat {
  readonly process: string;
  readonly queue: string;
  readonly free?: number;
  /** How far the clock of the worker is behind. */
  readonly behindMs?: number;
  /** When it has sent its last heartbeat; now if absent. */
  readonly atMs?: number;
  readonly isStopping?: boolean;
}

/** A server that lists workers, pollers by task queue, and the heartbeats of hosts. */
class Server {
  beats: Beat[] = [];
  listsWorkers = true;
  pollers: (queue: string, type: 'WORKFLOW' | 'ACTIVITY') => string[] = () => [];
  hosts: string[] = [];
  /** How long each further call of getSystemInfo takes, milliseconds; -1 for a call that fails. */
  roundTripsMs: number[] = [];
  /** Set if a host failed for a reason that a retry cannot repair. */
  hostsFailure?: Error;

  readonly connection = {
    withDeadline: (_deadline: number, call: () => unknown) => call(),
    workflowService: {
      listWorkers: async ({ pageSize, nextPageToken }: { pageSize: number; nextPageToken?: Uint8Array }) => {
        if (!this.listsWorkers) throw grpcFailure(status.UNIMPLEMENTED);
        const all = this.beats.map((beat) => ({ workerHeartbeat: heartbeat(beat) }));
        const end = Number(Buffer.from(nextPageToken ?? []).toString() || 0) + pageSize;
        const token = end < all.length ? Buffer.from(String(end)) : new Uint8Array();
        return { workersInfo: all.slice(end - pageSize, end), nextPageToken: token };
      },
      getSystemInfo: async () => {
        const ms = this.roundTripsMs.shift() ?? 0;
        if (ms < 0) throw grpcFailure(status.UNAVAILABLE);
        if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      },
      describeTaskQueue: async (request: { taskQueue: { name: string }; taskQueueType: number }) => {
        const isActivity = request.taskQueueType === TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY;
        const identities = this.pollers(request.taskQueue.name, isActivity ? 'ACTIVITY' : 'WORKFLOW');
        return { pollers: identities.map((identity) => ({ identity })) };
      },
      describeWorkflowExecution: async () => ({
        pendingActivities: this.hosts.map((identity) => ({
          activityType: { name: 'hostWorkflows' },
          heartbeatDetails: { payloads: [defaultPayloadConverter.toPayload({ identity })] },
        })),
      }),
    },
  } as unknown as Connection;

  /** Other open runs, with their progress. */
  runs: { workflowId: string; startedAtMs: number; progress: () => Pick<Progress, 'phase' | 'loadStartMs'> }[] = [];
  readonly ownWorkflowId = () => 'mine';
  /** How far the clock of this machine is ahead of the control server's. */
  aheadMs = 0;
  readonly clock = async () => () => Date.now() - this.aheadMs;

  readonly client = {
    connection: this.connection,
    options: { namespace: 'control' },
    workflow: {
      list: () => this.runs.map((run) => ({ ...run, startTime: new Date(run.startedAtMs) })),
      getHandle: (workflowId: string) => ({
        describe: async () => ({
          workflowId,
          startTime: new Date(OWN_START_MS),
          status: { name: this.hostsFailure ? 'FAILED' : 'RUNNING' },
        }),
        query: async () => this.runs.find((run) => run.workflowId === workflowId)!.progress(),
        result: () => Promise.reject(this.hostsFailure!),
      }),
    },
  } as unknown as Client;
  readonly targets = { get: async () => this.connection } as unknown as TargetConnections;
}

function heartbeat({ process, queue, free = 1, behindMs = 0, atMs = Date.now(), isStopping = false }: Beat) {
  return {
    workerIdentity: process,
    taskQueue: queue,
    status: isStopping ? WorkerStatus.WORKER_STATUS_SHUTTING_DOWN : WorkerStatus.WORKER_STATUS_RUNNING,
    heartbeatTime: { seconds: Math.floor((atMs - behindMs) / 1000) },
    activityTaskSlotsInfo: { currentAvailableSlots: free },
  };
}

const onAllQueues = (process: string, change: Partial<Beat> = {}): Beat[] =>
  LOAD_QUEUES.map((queue) => ({ process, queue, ...change }));

describe('requireFreeGenerators', () => {
  const failure = (lanes: number, free: number) =>
    new RegExp(`needs ${lanes} free generators, but finds ${free}.*--generators ${lanes - free},`);

  test('a generator is free if it has a slot on every load queue; one process per lane is enough', async () => {
    const server = new Server();
    server.beats = [...onAllQueues('a'), ...onAllQueues('b')];
    await createRequireFreeGenerators(server)(2);
  });

  test.each([
    [[500, 300, 350], 300],
    [[-1, 300, -1], 300],
    [[-1, -1, -1], 0],
  ])('it returns how far away the control server is: the calls %j give %d ms', async (roundTripsMs, expected) => {
    const server = new Server();
    Object.assign(server, { beats: onAllQueues('a'), roundTripsMs });
    const ready = await passTimeUntil(createRequireFreeGenerators(server)(1), 50);
    expect(ready.controlRoundTripMs).toBeCloseTo(expected, 0);
  });

  test.each<[string, Beat[]]>([
    ['is busy on one queue', onAllQueues('b').map((beat, i) => (i === 2 ? { ...beat, free: 0 } : beat))],
    ['has not reported for more than 10 s', onAllQueues('b', { atMs: Date.now() - 12_000 })],
    ['has died with a clock that is ahead', onAllQueues('b', { atMs: Date.now(), behindMs: -60_000 })],
    ['is shutting down', onAllQueues('b', { isStopping: true })],
    ['polls other queues', LOAD_QUEUES.map((queue) => ({ process: 'b', queue: `${queue}-else` }))],
  ])('a generator is not counted if it %s', async (_why, second) => {
    const server = new Server();
    server.beats = [...onAllQueues('a'), ...second];
    await expect(passTimeUntil(createRequireFreeGenerators(server)(2), 1000)).rejects.toMatchObject({
      type: 'TooFewGenerators',
      nonRetryable: true,
      message: expect.stringMatching(failure(2, 1)) as string,
    });
  });

  test('all generators are counted, also if the server lists more than a thousand workers', async () => {
    const server = new Server();
    const count = Math.ceil(1500 / LOAD_QUEUES.length);
    server.beats = Array.from({ length: count }, (_, i) => onAllQueues(`generator-${i}`)).flat();
    await passTimeUntil(createRequireFreeGenerators(server)(count), 1000);
  });

  test.each([3_600_000, -3_600_000, 15_000])('a generator whose clock is %d ms behind is counted', async (behindMs) => {
    const server = new Server();
    server.beats = onAllQueues('a', { behindMs });
    await passTimeUntil(createRequireFreeGenerators(server)(1), 250);
  });

  describe('beside another run', () => {
    /** Another run that gets ready for 6 s, and then takes one of two generators. */
    function beside(startedAtMs: number, change: Partial<Server['runs'][number]> = {}, aheadMs = 0) {
      const server = new Server();
      server.aheadMs = aheadMs;
      const beganAt = Date.now();
      const takesAt = beganAt + 6000;
      const progress = () => {
        const isLoading = Date.now() >= takesAt;
        return {
          phase: isLoading ? ('load' as const) : ('hosts' as const),
          loadStartMs: isLoading ? takesAt + 2000 - aheadMs : 0,
        };
      };
      server.runs = [{ workflowId: 'other', startedAtMs, progress, ...change }];
      Object.defineProperty(server, 'beats', {
        // The slot is seen to be taken a second later.
        get: () => [...onAllQueues('a'), ...onAllQueues('b', { free: Date.now() > takesAt + 1000 ? 0 : 1 })],
      });
      const counted = passTimeUntil(createRequireFreeGenerators(server)(2), 500);
      return { counted, waitedMs: () => Date.now() - beganAt };
    }

    test('an older run takes its generators first; the message names it', async () => {
      await expect(beside(OWN_START_MS - 1500).counted).rejects.toMatchObject({
        type: 'TooFewGenerators',
        message: expect.stringContaining('needs 2 free generators, but finds 1 beside the run other;') as string,
      });
    });

    test.each([60_000, -60_000])('so it does on a machine whose clock is %d ms ahead', async (aheadMs) => {
      const { counted, waitedMs } = beside(OWN_START_MS - 1500, {}, aheadMs);
      await expect(counted).rejects.toMatchObject({ type: 'TooFewGenerators' });
      // 8 s until the other has its generators, and 20 s for more of them.
      expect(waitedMs()).toBeGreaterThan(26_000);
      expect(waitedMs()).toBeLessThan(34_000);
    });

    test('of two runs that started at the same time, one is first', async () => {
      await expect(beside(OWN_START_MS, { workflowId: 'later' }).counted).rejects.toMatchObject({});
      await beside(OWN_START_MS, { workflowId: 'zz' }).counted;
    });

    test('a younger run, one that does not answer, and one that has its generators are not waited for', async () => {
      const load = { phase: 'load' as const, loadStartMs: 1 };
      for (const { counted, waitedMs } of [
        beside(OWN_START_MS + 1),
        beside(OWN_START_MS - 1, { progress: () => load }),
        beside(OWN_START_MS - 1, {
          progress: () => {
            throw new Error('no worker');
          },
        }),
      ]) {
        await counted;
        expect(waitedMs()).toBeLessThan(2000);
      }
    });

    test('a run that never gets ready is waited for in bounded time', async () => {
      const { counted, waitedMs } = beside(OWN_START_MS - 1, { progress: () => ({ phase: 'hosts', loadStartMs: 0 }) });
      await counted.catch(() => undefined);
      expect(waitedMs()).toBeLessThan(60_000);
    });
  });

  test('a generator that comes up meanwhile is waited for', async () => {
    const server = new Server();
    setTimeout(() => (server.beats = onAllQueues('late')), 15_000);
    await passTimeUntil(createRequireFreeGenerators(server)(1), 1000);
  });

  test('a server that cannot list workers is asked for the pollers of every load queue', async () => {
    const server = new Server();
    server.listsWorkers = false;
    server.pollers = (queue) => (queue === LOAD_QUEUES[3] ? ['a'] : ['a', 'b']);
    await createRequireFreeGenerators(server)(1);
    await expect(passTimeUntil(createRequireFreeGenerators(server)(2), 1000)).rejects.toThrow(failure(2, 1));
  });
});

describe('awaitHosts', () => {
  const awaitHosts = (server: Server, hosts: number) =>
    passTimeUntil(createAwaitHosts(server)(ownedRun, hosts, 'run/hosts'), 1000);

  test('a host is ready once the identity that it reports polls both of the run’s queues', async () => {
    const server = new Server();
    server.hosts = ['host-0 attempt 2', 'host-1 attempt 1'];
    const isUp = { WORKFLOW: false, ACTIVITY: false };
    server.pollers = (queue, type) =>
      queue === ownedRun.taskQueue && isUp[type] ? server.hosts : ['host-0 attempt 1'];
    setTimeout(() => (isUp.WORKFLOW = true), 10_000);
    setTimeout(() => (isUp.ACTIVITY = true), 30_000);
    const startedAt = Date.now();
    await awaitHosts(server, 2);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(30_000);
  });

  test('pollers of dead processes do not count, and after 40 s the run fails', async () => {
    const server = new Server();
    server.hosts = ['host-0 attempt 2', 'host-1 attempt 1'];
    server.pollers = () => ['host-0 attempt 1', 'host-1 attempt 1'];
    const startedAt = Date.now();
    await expect(awaitHosts(server, 2)).rejects.toMatchObject({
      type: 'HostsNotReady',
      message: expect.stringMatching(/needs 2 hosts, .*1 poll/) as string,
    });
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(40_000);
  });

  test('the failure of a host that a retry cannot repair ends the wait with its type and message', async () => {
    const server = new Server();
    server.hostsFailure = new Error('failed', {
      cause: ApplicationFailure.nonRetryable('wrong target', 'OtherCluster'),
    });
    await expect(awaitHosts(server, 1)).rejects.toMatchObject({ type: 'OtherCluster', message: 'wrong target' });
  });
});

test('awaitPollers: any poller for workflow tasks is enough, and a poller for activities is not', async () => {
  const server = new Server();
  server.pollers = (queue, type) => (queue === ownedRun.taskQueue && type === 'WORKFLOW' ? ['someone'] : []);
  await createAwaitPollers(server)(ownedRun);
  server.pollers = (_queue, type) => (type === 'ACTIVITY' ? ['someone'] : []);
  await expect(passTimeUntil(createAwaitPollers(server)(ownedRun), 1000)).rejects.toMatchObject({ type: 'NoPollers' });
});
