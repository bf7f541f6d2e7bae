import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { Client, WorkflowUpdateFailedError } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import type { LeanExecutor } from '../../executor/executor';
import type { Closed } from '../../executor/workflow-tasks';
import type { SingleWorkload } from '../../load-workflows/catalog';
import { POKE } from '../../load-workflows/message-names';
import { eventually } from '../support/cli';
import { anyOrder } from '../support/compare-histories';
import {
  historyOf,
  NAMESPACE,
  sendOneByOne,
  startLean,
  startSdk,
  startWorkload,
  untilIdle,
  type HistoryEvent,
} from '../support/executors';
import { grpcError, TestFrontend } from '../support/frontend';
import { startTestServer, type TestServer } from '../support/server';

jest.setTimeout(120_000);

const { EventType } = temporal.api.enums.v1;
let server: TestServer;
const started: { stop(): Promise<void> }[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  server = await startTestServer();
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

afterAll(() => server.close());

async function lean(queue: string, options: object = {}, address = server.address): Promise<LeanExecutor> {
  const executor = await startLean(address, queue, `worker-${queue}`, options);
  started.push(executor);
  return executor;
}

async function start(workload: SingleWorkload, params: object, taskQueue: string): Promise<string> {
  const workflowId = `${taskQueue}-${workload}`;
  await startWorkload(server.connection, { workload, params, taskQueue, workflowId });
  return workflowId;
}

async function completed(workflowId: string, runId?: string): Promise<HistoryEvent[]> {
  return await eventually(
    `the end of ${workflowId}`,
    async () => {
      const events = await historyOf(server.connection, workflowId, runId);
      return events.at(-1)?.workflowExecutionCompletedEventAttributes ? events : undefined;
    },
    60_000,
  );
}

function countOf(events: readonly HistoryEvent[], type: number): number {
  return events.filter(({ eventType }) => eventType === type).length;
}

const several: [SingleWorkload, object][] = [
  ['multi-activity', { activityCount: 5, activityConcurrency: 2 }],
  ['timer', { timerDuration: '1s' }],
  ['child-workflow', { childCount: 2 }],
  ['continue-as-new', { chainLength: 2 }],
  ['payload', {}],
  ['update', { messages: 2 }],
  ['signal', { messages: 2 }],
  ['query', { messages: 1 }],
];

async function runAll(taskQueue: string): Promise<HistoryEvent[][]> {
  return await Promise.all(
    several.map(async ([workload, params]) => {
      const workflowId = await start(workload, params, taskQueue);
      await sendOneByOne(server.connection, { workload, params, taskQueue, workflowId });
      return await completed(workflowId);
    }),
  );
}

test('an executor that remembers no run reads each history again, and records the same events', async () => {
  started.push(await startSdk(server.address, 'remembers', 'worker-sdk'));
  const requests: Record<string, number> = {};
  await lean('forgets', {
    maxCachedRuns: 0,
    onRequest: (operation: string) => (requests[operation] = (requests[operation] ?? 0) + 1),
  });
  const [sdk, forgetful] = await Promise.all(['remembers', 'forgets'].map(runAll));
  expect(requests.GetWorkflowExecutionHistory).toBeGreaterThan(several.length);
  for (const [i, history] of forgetful!.entries()) expect(anyOrder(history)).toEqual(anyOrder(sdk![i]!));
});

test('when an executor is killed in the middle of its workflows, another one takes them over', async () => {
  const queue = 'killed';
  const script = join(__dirname, '..', 'support', 'lean-process.mjs');
  const child = fork(script, [server.address, queue, 'worker-first'], { stdio: 'inherit' });
  children.push(child);
  await once(child, 'message');
  const idle = await start('idle', { idleDuration: '3s' }, queue);
  const timer = await start('timer', { timerDuration: '3s' }, queue);
  const update = await start('update', { messages: 1 }, queue);
  await Promise.all([idle, timer, update].map((workflowId) => untilIdle(server.connection, workflowId)));
  child.kill('SIGKILL');
  await once(child, 'exit');
  const closed: Closed[] = [];
  await lean(queue, { onClosed: (one: Closed) => closed.push(one) });
  const arrival = { workload: 'update', params: { messages: 1 }, taskQueue: queue, workflowId: update } as const;
  // The task of the update first goes to the sticky queue of the executor that has gone.
  await eventually('the update', () =>
    sendOneByOne(server.connection, arrival).then(
      () => true,
      () => false,
    ),
  );
  const histories = await Promise.all([idle, timer, update].map((workflowId) => completed(workflowId)));
  expect(countOf(histories[0]!, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)).toBe(1);
  expect(countOf(histories[1]!, EventType.EVENT_TYPE_TIMER_STARTED)).toBe(1);
  expect(closed.map(({ workflowId }) => workflowId).sort()).toEqual([idle, timer, update].sort());
});

test('a task whose completion was lost times out and is executed again, with the same events', async () => {
  const frontend = await TestFrontend.start(server.address);
  started.push({ stop: () => Promise.resolve(frontend.close()) });
  let completions = 0;
  frontend.intercept('RespondWorkflowTaskCompleted', async (_request, forward) => {
    completions += 1;
    // Neither the second completion nor its repetitions arrive before the task has timed out.
    if (completions === 2) await new Promise((resolve) => setTimeout(resolve, 11_000));
    return await forward();
  });
  await lean('lost', {}, frontend.address);
  const workflowId = await start('multi-activity', { activityCount: 3 }, 'lost');
  const events = await completed(workflowId);
  expect(countOf(events, EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT)).toBe(1);
  expect(countOf(events, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)).toBe(3);
});

test('a completion whose answer was lost counts once', async () => {
  const frontend = await TestFrontend.start(server.address);
  started.push({ stop: () => Promise.resolve(frontend.close()) });
  let lost = 0;
  frontend.intercept('RespondWorkflowTaskCompleted', async (_request, forward) => {
    const reply = await forward();
    lost += 1;
    if (lost === 1) throw grpcError(status.UNAVAILABLE, 'the answer is lost');
    return reply;
  });
  const closed: Closed[] = [];
  const failures: string[] = [];
  await lean(
    'unanswered',
    { onClosed: (one: Closed) => closed.push(one), onFailure: (message: string) => failures.push(message) },
    frontend.address,
  );
  const workflowId = await start('simple', {}, 'unanswered');
  await completed(workflowId);
  await eventually('the report', () => closed.length > 0);
  expect(closed.map((one) => one.workflowId)).toEqual([workflowId]);
  expect(failures).toEqual([]);
});

test('a workflow that was reset continues from the event that it was reset to', async () => {
  await lean('reset');
  const workflowId = await start('multi-activity', { activityCount: 3 }, 'reset');
  const events = await completed(workflowId);
  const tasks = events.filter(({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED);
  const { runId } = await server.connection.workflowService.resetWorkflowExecution({
    namespace: NAMESPACE,
    workflowExecution: { workflowId },
    reason: 'a test',
    requestId: 'reset',
    workflowTaskFinishEventId: tasks[2]!.eventId!,
  });
  const again = await completed(workflowId, runId);
  expect(countOf(again, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)).toBe(3);
  expect(countOf(again, EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED)).toBe(3);
  const ids = again.flatMap((event) => event.activityTaskScheduledEventAttributes?.activityId ?? []);
  expect(ids).toEqual(['1', '2', '3']);
});

test('after an executor has stopped, no task is given to one of its polls', async () => {
  const first = await lean('stopped');
  await completed(await start('simple', {}, 'stopped'));
  started.splice(started.indexOf(first), 1);
  await first.stop();
  const workflowId = await start('timer', { timerDuration: '1s' }, 'stopped');
  await lean('stopped');
  const events = await completed(workflowId);
  expect(countOf(events, EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT)).toBe(0);
  const [begun, taken] = [events[0]!, events[2]!].map(
    ({ eventTime }) => Number(eventTime!.seconds) * 1000 + eventTime!.nanos! / 1e6,
  );
  expect(taken! - begun!).toBeLessThan(5000);
});

test('a waiting activity goes back to the server when its executor stops, and the next one continues it', async () => {
  const first = await lean('waiting');
  const workflowId = await start('idle', { idleDuration: '4s' }, 'waiting');
  await untilIdle(server.connection, workflowId);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  started.splice(started.indexOf(first), 1);
  await first.stop();
  await lean('waiting');
  const events = await completed(workflowId);
  const [attempt] = events.flatMap((event) => event.activityTaskStartedEventAttributes ?? []);
  expect(attempt).toMatchObject({ attempt: 2, lastFailure: { applicationFailureInfo: { type: 'WorkerShutdown' } } });
});

test('polls that fail back off, and come back', async () => {
  const frontend = await TestFrontend.start(server.address);
  started.push({ stop: () => Promise.resolve(frontend.close()) });
  frontend.intercept('PollWorkflowTaskQueue', () => Promise.reject(grpcError(status.UNAVAILABLE, 'away')));
  await lean('backoff', {}, frontend.address);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  // Twenty polls are open; each is repeated after 200 ms, 400 ms, and so on.
  expect(frontend.calls.PollWorkflowTaskQueue).toBeLessThan(20 * 8);
  frontend.release('PollWorkflowTaskQueue');
  await completed(await start('simple', {}, 'backoff'));
});

test('an update that is not valid is rejected and leaves no event; valid ones go on', async () => {
  await lean('rejected');
  const workflowId = await start('update', { messages: 2 }, 'rejected');
  await untilIdle(server.connection, workflowId);
  const handle = new Client({ connection: server.connection, namespace: NAMESPACE }).workflow.getHandle(workflowId);
  await expect(handle.executeUpdate('unknown')).rejects.toThrow(WorkflowUpdateFailedError);
  expect(await handle.executeUpdate(POKE)).toBe(1);
  await expect(handle.executeUpdate('unknown')).rejects.toThrow(WorkflowUpdateFailedError);
  expect(await handle.executeUpdate(POKE)).toBe(2);
  const events = await completed(workflowId);
  expect(countOf(events, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED)).toBe(2);
  expect(countOf(events, EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)).toBe(3);
});

test('queries are answered after the end, and unknown ones with an error', async () => {
  await lean('queries');
  const workflowId = await start('query', { messages: 1 }, 'queries');
  await sendOneByOne(server.connection, {
    workload: 'query',
    params: { messages: 1 },
    taskQueue: 'queries',
    workflowId,
  });
  await completed(workflowId);
  const handle = new Client({ connection: server.connection, namespace: NAMESPACE }).workflow.getHandle(workflowId);
  expect(await handle.query('state')).toBe(1);
  await expect(handle.query('unknown')).rejects.toThrow('did not register a handler for unknown');
});

test('a workflow that is asked to cancel is canceled, and a workflow of an unknown type fails its task', async () => {
  const closed: Closed[] = [];
  await lean('canceled', { onClosed: (one: Closed) => closed.push(one) });
  const client = new Client({ connection: server.connection, namespace: NAMESPACE });
  const workflowId = await start('timer', { timerDuration: '1m' }, 'canceled');
  await untilIdle(server.connection, workflowId);
  await client.workflow.getHandle(workflowId).cancel();
  await eventually('the cancellation', () => closed.some((one) => one.workflowId === workflowId));
  expect(closed).toEqual([{ workflowId, status: 'canceled', endToEndMs: expect.any(Number) as number }]);
  await client.workflow.start('unknown', { workflowId: 'unknown', taskQueue: 'canceled' });
  await eventually('the failed task', async () => {
    const events = await historyOf(server.connection, 'unknown');
    return events.some((event) => event.workflowTaskFailedEventAttributes?.failure?.message?.includes("'unknown'"));
  });
});
