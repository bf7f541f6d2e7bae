import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateCapacityProviderCommand,
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterContainerInstanceCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { toLogLines } from '../../machine/log-lines';
import { resultWithoutRun } from '../../report/result';
import type { BenchmarkResult } from '../../report/result-schema';
import type { Deployment } from '../../scripts/aws/deployment';
import { eventually } from '../support/cli';
import { Moto } from '../support/moto';

jest.setTimeout(300_000);

const SCRIPT = join(__dirname, '..', '..', 'scripts', 'aws.mjs');
const deployment: Deployment = {
  region: 'eu-west-1',
  cluster: 'temporal',
  capacity_provider: 'staging-benchmark',
  load_service: 'staging-benchmark-load',
  control_service: 'staging-benchmark-control',
  control_server_service: null,
  run_task_definition: 'staging-benchmark-run',
  container: 'benchmark',
  subnets: ['subnet-1'],
  security_group: 'sg-1',
  log_group: '/ecs/staging-benchmark',
  worker_count: 4,
  generators_per_worker: 1,
  tasks_per_instance: 2,
  max_instances: 4,
};
const FAST = ['--poll-every', '200ms', '--wait-timeout', '20s'];

let moto: Moto;
let ecs: ECSClient;
let logs: CloudWatchLogsClient;
let dir: string;
let file: string;
beforeAll(async () => {
  moto = await Moto.start();
  const options = {
    region: 'eu-west-1',
    endpoint: moto.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  ecs = new ECSClient(options);
  logs = new CloudWatchLogsClient(options);
  dir = mkdtempSync(join(tmpdir(), 'benchmark-aws-'));
  file = join(dir, 'deployment.json');
  await ecs.send(new CreateClusterCommand({ clusterName: 'temporal' }));
  const { subnet, identityDocument } = await moto.startInstance();
  writeFileSync(file, JSON.stringify({ ...deployment, subnets: [subnet] }));
  await ecs.send(
    new RegisterContainerInstanceCommand({ cluster: 'temporal', instanceIdentityDocument: identityDocument }),
  );
  const autoScalingGroupArn = 'arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:1:autoScalingGroupName/x';
  await ecs.send(
    new CreateCapacityProviderCommand({
      name: deployment.capacity_provider,
      autoScalingGroupProvider: { autoScalingGroupArn },
    }),
  );
  for (const role of ['load', 'control', 'run']) {
    const family = `staging-benchmark-${role}`;
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        family,
        networkMode: 'awsvpc',
        containerDefinitions: [
          {
            name: 'benchmark',
            image: 'x:1',
            memory: 1024,
            environment: [
              { name: 'BENCHMARK_COMMAND', value: 'worker' },
              { name: 'TEMPORAL_ADDRESS', value: 'temporal-frontend:7233' },
            ],
          },
        ],
      }),
    );
    if (role !== 'run') {
      await ecs.send(
        new CreateServiceCommand({ cluster: 'temporal', serviceName: family, taskDefinition: family, desiredCount: 0 }),
      );
    }
  }
  await logs.send(new CreateLogGroupCommand({ logGroupName: deployment.log_group }));
});
afterAll(async () => {
  await moto.stop();
  rmSync(dir, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function script(name: string, args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [SCRIPT, name, 'staging', '--deployment', file, ...args], {
    cwd: dir,
    env: { PATH: process.env.PATH, HOME: dir, ...moto.environment, ...env },
  });
  const seen = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (seen.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (seen.stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...seen })));
  return { seen, ended };
}

function resultOf(workflowId: string, error = 'made for a test'): BenchmarkResult {
  return { ...resultWithoutRun('ERROR', error, {}, Date.now()), workflowId };
}

async function log(stream: string, messages: readonly string[]): Promise<void> {
  await logs.send(new CreateLogStreamCommand({ logGroupName: deployment.log_group, logStreamName: stream }));
  const timestamp = Date.now();
  for (let i = 0; i < messages.length; i += 5000) {
    const logEvents = messages.slice(i, i + 5000).map((message) => ({ timestamp, message }));
    await logs.send(new PutLogEventsCommand({ logGroupName: deployment.log_group, logStreamName: stream, logEvents }));
  }
}

async function desired(): Promise<Record<string, number>> {
  const names = [deployment.load_service, deployment.control_service];
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster: 'temporal', services: names }));
  return Object.fromEntries(services.map(({ serviceName, desiredCount }) => [serviceName!, desiredCount!]));
}

test('on the services: scaled up, a run with everything it was given, its result, and scaled to zero', async () => {
  const run = script('run-benchmark', [
    ...FAST,
    '--workflow-type',
    'timer',
    '--timer-duration',
    '3s',
    '--rate',
    '50',
    '--lanes',
    '3',
    '--workflow-id',
    'nightly',
    '--wait',
  ]);
  await eventually('the services', async () => (await desired())['staging-benchmark-load'] === 3, 60_000);
  expect((await desired())['staging-benchmark-control']).toBe(1);
  const { services = [] } = await ecs.send(
    new DescribeServicesCommand({ cluster: 'temporal', services: [deployment.control_service] }),
  );
  const { taskDefinition } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: services[0]!.taskDefinition }),
  );
  const [container] = taskDefinition!.containerDefinitions!;
  const environment = Object.fromEntries(container!.environment!.map(({ name, value }) => [name!, value!]));
  expect(environment).toMatchObject({
    BENCHMARK_COMMAND: 'run',
    BENCHMARK_ATTACH: 'true',
    BENCHMARK_WORKFLOW_ID: 'nightly',
    TEMPORAL_ADDRESS: 'temporal-frontend:7233',
  });
  expect(JSON.parse(environment.BENCHMARK_SPEC!)).toEqual({
    workload: 'timer',
    timerDuration: '3s',
    rate: 50,
    lanes: 3,
  });
  await log('control/benchmark/1', [...toLogLines(resultOf('another')), ...toLogLines(resultOf('nightly'))]);
  const ended = await run.ended;
  expect(ended.stderr).toMatch(/scaled to zero/);
  expect([ended.code, ended.stdout.includes('made for a test')]).toEqual([1, true]);
  expect(await desired()).toEqual({ 'staging-benchmark-load': 0, 'staging-benchmark-control': 0 });
});

test('a task by its address: overrides, its states, and its own exit code', async () => {
  await moto.tasksAdvanceEvery(3);
  const run = script('run-benchmark', [
    ...FAST,
    '--address',
    'nlb.internal:7233',
    '--rate',
    '5',
    '--workflow-id',
    'by-hand',
    '--wait',
  ]);
  await eventually('the task', () => Promise.resolve(/task [0-9a-f-]+/.test(run.seen.stderr)), 30_000);
  const { taskArns } = await ecs.send(new ListTasksCommand({ cluster: 'temporal', startedBy: 'by-hand' }));
  const { tasks } = await ecs.send(new DescribeTasksCommand({ cluster: 'temporal', tasks: taskArns }));
  const [over] = tasks![0]!.overrides!.containerOverrides!;
  const environment = Object.fromEntries(over!.environment!.map(({ name, value }) => [name!, value!]));
  expect(environment).toMatchObject({ TEMPORAL_ADDRESS: 'nlb.internal:7233', BENCHMARK_WITH_WORKER: 'true' });
  expect(over!.command).toEqual(['--yes', '--output', 'log', '--metrics-linger', '30s']);
  await log(`run/benchmark/${taskArns![0]!.split('/').at(-1)}`, toLogLines(resultOf('by-hand')));
  const ended = await run.ended;
  // The container's own, which is 0 there whatever its log says.
  expect([ended.code, ended.stderr]).toEqual([0, expect.stringMatching(/STOPPED/)]);
  expect(ended.stdout).toMatch(/made for a test/);
});

test('a result of many lines is read page by page, the latest or by its name, checked and written', async () => {
  const noise = Array.from({ length: 10_500 }, (_, i) => `{"message":"live","i":${i}}`);
  const long = resultOf(
    'long',
    Array.from({ length: 30_000 }, (_, i) => String.fromCharCode(33 + ((i * i * 7919) % 90))).join(''),
  );
  await log('control/benchmark/2', [...noise, ...toLogLines(long)]);
  const byName = await script('get-benchmark-results', ['long', '--out', join(dir, 'long')]).ended;
  expect([byName.code, byName.stderr]).toEqual([0, '']);
  expect(JSON.parse(readFileSync(join(dir, 'long', 'result.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(long)));
  const latest = await script('get-benchmark-results', ['--latest', '--json']).ended;
  expect(JSON.parse(latest.stdout)).toMatchObject({ workflowId: 'long' });
  expect(JSON.parse(latest.stdout)).not.toHaveProperty('steps');
  const none = await script('get-benchmark-results', ['nobody']).ended;
  expect([none.code, none.stderr]).toEqual([
    1,
    expect.stringMatching(/there is no result of nobody .* there are: .*long/),
  ]);
});

test('workers are scaled by number, up, down, and told of', async () => {
  expect((await script('scale-workers', ['up', '2', ...FAST, '--dry-run']).ended).stdout).toBe(
    'scale staging-benchmark-load to 2\nscale staging-benchmark-control to 1\n',
  );
  await script('scale-workers', ['2', ...FAST]).ended;
  expect((await desired())['staging-benchmark-load']).toBe(2);
  expect((await script('scale-workers', ['status']).ended).stdout).toMatch(/staging-benchmark-load: \d of 2/);
  const busy = await script('run-benchmark', [...FAST, '--rate', '5', '--lanes', '1']).ended;
  expect([busy.code, busy.stderr]).toEqual([1, expect.stringMatching(/is scaled to 2 already/)]);
  await script('scale-workers', ['down', ...FAST]).ended;
  expect(await desired()).toEqual({ 'staging-benchmark-load': 0, 'staging-benchmark-control': 0 });
});

test.each<[what: string, name: string, args: string[], env: Record<string, string>, message: RegExp]>([
  [
    'no credentials',
    'scale-workers',
    ['status'],
    { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' },
    /there are no AWS credentials/,
  ],
  [
    'too many workers',
    'run-benchmark',
    ['--workers', '9'],
    {},
    /workers: "9" is not allowed; the deployment allows 1 to 4/,
  ],
  [
    'more lanes than generators',
    'run-benchmark',
    ['--workers', '1', '--lanes', '3'],
    {},
    /lanes: 3 are not allowed; 1 workers/,
  ],
  ['a bad rate', 'run-benchmark', ['--rate', 'fast'], {}, /rate: "fast" .* is not allowed/],
  ['an unknown flag', 'run-benchmark', ['--speed', '3'], {}, /speed/],
  ['a bad number', 'scale-workers', ['many'], {}, /to: "many" is not allowed/],
])('%s: one clear message and no stack trace', async (_what, name, args, env, message) => {
  const { code, stdout, stderr } = await script(name, args, env).ended;
  expect([code === 0, stdout]).toEqual([false, '']);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/\n\s+at /);
});

test('a cluster, a service, or a log group that is not there is named', async () => {
  const other = (change: Partial<Deployment>) => {
    const path = join(dir, 'other.json');
    writeFileSync(path, JSON.stringify({ ...deployment, ...change }));
    return ['--deployment', path];
  };
  const run = async (name: string, args: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, name, 'staging', ...args], {
      env: { PATH: process.env.PATH, ...moto.environment },
      encoding: 'utf8',
    });
    return [status, stderr];
  };
  expect(await run('scale-workers', ['status', ...other({ cluster: 'nowhere' })])).toEqual([
    1,
    expect.stringMatching(/there is no such ECS cluster/),
  ]);
  expect(await run('scale-workers', ['status', ...other({ load_service: 'nothing' })])).toEqual([
    1,
    expect.stringMatching(/no active ECS service nothing/),
  ]);
  expect(await run('get-benchmark-results', other({ log_group: '/none' }))).toEqual([
    1,
    expect.stringMatching(/the log group \/none: there is no such log group/),
  ]);
});
