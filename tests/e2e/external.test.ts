import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { Cluster } from '../support/cluster';
import { registerNamespace } from '../support/namespace';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(180_000);

const WORKER = join(__dirname, '..', 'support', 'external', 'worker.mjs');
const load = { rate: 10, duration: '5s', rampUp: '500ms', lanes: 1 };

let cluster: Cluster;
let worker: ChildProcess;
beforeAll(async () => {
  cluster = await Cluster.start({ roles: 'control,generator', generators: 1 });
  await registerNamespace(cluster.target.connection, 'orders');
  worker = spawn(process.execPath, [WORKER, cluster.target.address, 'orders', 'order-queue'], { stdio: 'ignore' });
});
afterAll(async () => {
  worker.kill('SIGTERM');
  if (worker.exitCode === null) await once(worker, 'exit');
  await cluster.stop();
});

test('a workflow of the user’s own, hosted by a worker that knows nothing of the benchmark: each with an input of its own', async () => {
  const client = new Client({ connection: cluster.target.connection, namespace: 'orders' });
  const bystander = await client.workflow.start('order', { workflowId: 'bystander', taskQueue: 'nobody-polls' });
  const result = await cluster.benchmark('external', {
    ...load,
    workload: 'external',
    externalType: 'order',
    externalInput: '{"order": "{{id}}", "number": {{index}}, "items": ["tea"]}',
    taskQueue: 'order-queue',
    namespace: 'orders',
  });
  expectSoundAccount(result);
  expect([result.outcome, result.failureReasons, result.validity.reasons]).toEqual(['PASSED', [], []]);
  expect(result).toMatchObject({ namespace: 'orders', hosts: [], ledger: { scheduled: 47, acknowledged: 47 } });
  const numbers: Record<string, number[]> = {};
  for await (const { workflowId } of client.workflow.list({ query: `WorkflowId STARTS_WITH '${result.runId}/'` })) {
    const done = (await client.workflow.getHandle(workflowId).result()) as { order: string; number: number };
    expect(done).toEqual({ order: workflowId, number: done.number, items: ['tea'], parcel: `parcel ${done.number}` });
    (numbers[workflowId.split('/')[1]!] ??= []).push(done.number);
  }
  for (const step of Object.values(numbers)) expect(step.sort((a, b) => a - b)).toEqual(step.map((_, i) => i));
  // P11: workflows that do not belong to the run continue.
  expect((await bystander.describe()).status.name).toBe('RUNNING');
});

test('generator-only and worker-only: a host by itself serves the run, and outlives it', async () => {
  const { home, target } = cluster;
  const on = ['--namespace', 'orders', '--task-queue', 'shared-queue'];
  const host = home.run(['host', '--address', target.address, ...on]);
  await host.says(/Polling shared-queue in orders/);
  const result = await cluster.benchmark('generator-only', {
    ...load,
    workload: 'multi-activity',
    activityCount: 2,
    generatorOnly: true,
    namespace: 'orders',
    taskQueue: 'shared-queue',
  });
  expectSoundAccount(result);
  expect(result).toMatchObject({ hosts: [], server: { counts: { total: 47, completed: 47 } } });
  expect(host.child.exitCode).toBeNull();
  host.kill('SIGTERM');
  expect(await host.ended).toMatchObject({ code: 0 });
  // The original's variable does the same.
  const alone = home.run(['run', '--address', target.address], {
    BENCHMARK_WORKER_ONLY: 'true',
    BENCHMARK_NAMESPACE: 'orders',
    BENCHMARK_TASK_QUEUE: 'shared-queue',
  });
  await alone.says(/Polling shared-queue in orders/);
  alone.kill('SIGTERM');
  expect(await alone.ended).toMatchObject({ code: 0 });
});

test('no worker polls the queue: the run fails before it sends anything', async () => {
  await cluster.start('unpolled', { ...load, generatorOnly: true, namespace: 'orders', taskQueue: 'silence' });
  const { result, error } = await cluster.outcome('unpolled');
  expect(error).toMatch(/no worker polls the task queue silence in the namespace orders; start your workers first/);
  expect(result).toMatchObject({ exitCode: 104, ledger: { scheduled: 0 } });
});
