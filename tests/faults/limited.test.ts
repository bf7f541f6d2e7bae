import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { temporal } from '@temporalio/proto';
import { Cluster } from '../support/cluster';
import { registerNamespace } from '../support/namespace';
import { expectSoundAccount } from '../support/result';
import { lanes } from '../support/variant';

jest.setTimeout(120_000);

const load = { rate: 20, rampUp: '1s', lanes, completionTimeout: '3s' };

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

function node(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  children.push(child);
  return child;
}

test('one slot for activities that take a second: the slots of the host are named, and the hold is INVALID', async () => {
  const cluster = await Cluster.start({ generators: 1 });
  const idle = { workload: 'idle', idleDuration: '1s', executor: 'sdk', hostSlots: 1 };
  const result = await cluster.benchmark('one-slot', { ...load, ...idle, duration: '6s' });
  expectSoundAccount(result);
  expect(result.outcome).toBe('INVALID');
  expect(result.findings[0]).toMatchObject({ knob: '--host-slots', confidence: 'high' });
  await cluster.stop();
});

/** Starts a cluster on which a worker of the user's own serves a task queue. */
async function withOrders() {
  const cluster = await Cluster.start({ roles: 'control,generator', generators: 1 });
  await registerNamespace(cluster.target.connection, 'orders');
  const script = join(__dirname, '..', 'support', 'external', 'worker.mjs');
  const worker = node(script, cluster.target.address, 'orders', 'order-queue');
  const external = {
    workload: 'external',
    externalType: 'order',
    externalInput: '{"number": {{index}}}',
    taskQueue: 'order-queue',
    namespace: 'orders',
  };
  return { cluster, worker, external };
}

test('workers that stop polling: the first finding is that no worker polls the task queue', async () => {
  const { cluster, worker, external } = await withOrders();
  await cluster.start('no-poller', { ...load, ...external, duration: '24s' });
  await cluster.loading('no-poller', 100);
  worker.kill('SIGKILL');
  const { result } = await cluster.outcome('no-poller');
  expectSoundAccount(result!);
  expect(result!.findings[0]).toMatchObject({
    name: 'no worker polls the task queue',
    knob: 'the workers of the task queue (--executor, --task-queue)',
  });
  await cluster.stop();
});

test('V3: a rate limit of the task queue is the first finding, and the run is FAILED, not INVALID', async () => {
  const { cluster, external } = await withOrders();
  await cluster.target.connection.workflowService.updateTaskQueueConfig({
    namespace: 'orders',
    identity: 'a user',
    taskQueue: 'order-queue',
    taskQueueType: temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
    updateQueueRateLimit: { rateLimit: { requestsPerSecond: 5 }, reason: 'to protect a database' },
  });
  const result = await cluster.benchmark('limited', { ...load, ...external, duration: '20s' });
  expectSoundAccount(result);
  expect(result.outcome).toBe('FAILED');
  // Another process on this machine may be named first.
  const [first] = result.findings.filter(({ name }) => name !== "no CPU left on the generators' machine");
  expect(first).toMatchObject({ name: 'rate limit of a task queue', confidence: 'high' });
  expect(first!.evidence).toMatch(/^activity tasks: limit 5\/s, set for the queue; /);
  await cluster.stop();
});
