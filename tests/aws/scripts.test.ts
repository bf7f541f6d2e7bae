import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListTasksCommand,
} from '@aws-sdk/client-ecs';
import { toLogLines } from '../../machine/log-lines';
import { resultWithoutRun } from '../../report/result';
import type { BenchmarkResult } from '../../report/result-schema';
import type { Deployment } from '../../scripts/aws/deployment';
import { AwsDeployment, DEPLOYMENT } from '../support/aws-deployment';
import { eventually } from '../support/cli';
import { describeNeeding } from '../support/needs';
import { canPip } from '../support/pip';

jest.setTimeout(300_000);

const FAST = ['--poll-every', '200ms', '--wait-timeout', '20s'];

let aws: AwsDeployment;

const script = (...args: Parameters<AwsDeployment['script']>) => aws.script(...args);

function resultOf(workflowId: string, error = 'test result'): BenchmarkResult {
  return { ...resultWithoutRun('ERROR', error, {}, Date.now()), workflowId };
}

describeNeeding(canPip, 'pip')('against moto', () => {
  beforeAll(async () => {
    aws = await AwsDeployment.start();
  });
  afterAll(async () => await aws.stop());

  test('run-benchmark scales the services up, passes the settings to the run, prints its result and scales to zero', async () => {
    const run = script('run-benchmark', [
      ...FAST,
      '--workflow-type',
      'timer',
      '--timer-duration',
      '3s',
      '--rate',
      '50',
      '--workers', // The original's name of --lanes.
      '3',
      '--workflow-id',
      'nightly',
      '--wait',
    ]);
    await eventually('the services', async () => (await aws.desired())['staging-benchmark-load'] === 3, 60_000);
    expect((await aws.desired())['staging-benchmark-control']).toBe(1);
    const { services = [] } = await aws.ecs.send(
      new DescribeServicesCommand({ cluster: 'temporal', services: [DEPLOYMENT.control_service] }),
    );
    const { taskDefinition } = await aws.ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: services[0]!.taskDefinition }),
    );
    const [container] = taskDefinition!.containerDefinitions!;
    expect(container!.dockerLabels).toEqual({ benchmark_run: 'nightly' });
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
    await aws.log('control/benchmark/1', [...toLogLines(resultOf('another')), ...toLogLines(resultOf('nightly'))]);
    const ended = await run.ended;
    expect(ended.stderr).toMatch(/scaled to zero/);
    expect([ended.code, ended.stdout.includes('test result')]).toEqual([1, true]);
    expect(await aws.desired()).toEqual({ 'staging-benchmark-load': 0, 'staging-benchmark-control': 0 });
  });

  test('run-benchmark scales to zero after SIGTERM', async () => {
    const run = script('run-benchmark', [...FAST, '--rate', '5', '--lanes', '2', '--workflow-id', 'left', '--wait']);
    await eventually('the run', () => Promise.resolve(run.seen.stderr.includes('run left')), 60_000);
    expect((await aws.desired())['staging-benchmark-load']).toBe(2);
    run.kill('SIGTERM');
    expect(await run.ended).toMatchObject({ code: 105, stderr: expect.stringMatching(/scaled to zero/) as string });
    expect(await aws.desired()).toEqual({ 'staging-benchmark-load': 0, 'staging-benchmark-control': 0 });
  });

  test('run-benchmark --address runs one task with overrides, prints its statuses and exits with its exit code', async () => {
    await aws.moto.tasksAdvanceEvery(3);
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
    const { taskArns } = await aws.ecs.send(new ListTasksCommand({ cluster: 'temporal', startedBy: 'by-hand' }));
    const { tasks } = await aws.ecs.send(new DescribeTasksCommand({ cluster: 'temporal', tasks: taskArns }));
    const [over] = tasks![0]!.overrides!.containerOverrides!;
    const environment = Object.fromEntries(over!.environment!.map(({ name, value }) => [name!, value!]));
    expect(environment).toMatchObject({ TEMPORAL_ADDRESS: 'nlb.internal:7233', BENCHMARK_WITH_WORKER: 'true' });
    expect(over!.command).toEqual(['--yes', '--output', 'log', '--metrics-linger', '30s']);
    await aws.log(`run/benchmark/${taskArns![0]!.split('/').at(-1)}`, toLogLines(resultOf('by-hand')));
    const ended = await run.ended;
    // The exit code of the container, which moto sets to 0.
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringMatching(/STOPPED/)]);
    expect(ended.stdout).toMatch(/test result/);
  });

  test('get-benchmark-results reads a result over several pages, by name or the latest, and writes it', async () => {
    const noise = Array.from({ length: 10_500 }, (_, i) => `{"message":"live","i":${i}}`);
    const long = resultOf(
      'long',
      Array.from({ length: 30_000 }, (_, i) => String.fromCharCode(33 + ((i * i * 7919) % 90))).join(''),
    );
    await aws.log('control/benchmark/2', [...noise, ...toLogLines(long)]);
    const byName = await script('get-benchmark-results', ['long', '--out', join(aws.dir, 'long')]).ended;
    expect([byName.code, byName.stderr]).toEqual([0, '']);
    expect(JSON.parse(readFileSync(join(aws.dir, 'long', 'result.json'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(long)),
    );
    const latest = await script('get-benchmark-results', ['--latest', '--json']).ended;
    expect(JSON.parse(latest.stdout)).toMatchObject({ workflowId: 'long' });
    expect(JSON.parse(latest.stdout)).not.toHaveProperty('steps');
    const none = await script('get-benchmark-results', ['nobody']).ended;
    expect([none.code, none.stderr]).toEqual([
      1,
      expect.stringMatching(/no result of nobody .* runs with a result: .*long/),
    ]);
  });

  test('get-benchmark-results selects a task by ID or ARN, and prints its summary or its whole log', async () => {
    const id = 'ab'.repeat(16);
    await aws.log(`run/benchmark/${id}`, ['starting', ...toLogLines(resultOf('by-task'))]);
    const arn = `arn:aws:ecs:eu-west-1:123456789012:task/temporal/${id}`;
    const summary = await script('get-benchmark-results', ['--task-arn', arn, '--summary']).ended;
    expect([summary.code, summary.stdout]).toEqual([0, expect.stringMatching(/test result/)]);
    const full = await script('get-benchmark-results', ['--task-id', id, '--full']).ended;
    expect(full.stdout).toMatch(/^task (ab){16}: not in temporal[^]*\nstarting\n[^]*test result/);
    expect((await script('get-benchmark-results', ['--task-id', 'x']).ended).stderr).toMatch(
      /--task-id is "x"; give 32/,
    );
  });

  test.each<[what: string, name: string, args: string[], env: Record<string, string>, message: RegExp]>([
    [
      'no credentials',
      'scale-workers',
      ['status'],
      { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' },
      /no AWS credentials found/,
    ],
    ['too many load tasks', 'run-benchmark', ['--load-tasks', '9'], {}, /--load-tasks is "9"; give 1 to 4/],
    [
      'more lanes than generators',
      'run-benchmark',
      ['--load-tasks', '1', '--lanes', '3'],
      {},
      /3 lanes need 3 generators, and 1 load worker tasks have 1/,
    ],
    ['a bad rate', 'run-benchmark', ['--rate', 'fast'], {}, /--rate: "fast" is invalid; expected a number/],
    [
      'an alias and its flag',
      'run-benchmark',
      ['--workflow-type', 'timer', '--workload', 'timer'],
      {},
      /--workflow-type is an alias of --workload; give one of them/,
    ],
    ['an unknown flag', 'run-benchmark', ['--speed', '3'], {}, /speed/],
    ['a bad number', 'scale-workers', ['many'], {}, /"many" is not a scale/],
    ['a rate alone', 'scale-workers', ['up', '--rate', '200'], {}, /--rate requires --measured/],
    [
      'too long overrides',
      'run-benchmark',
      [
        '--address',
        'nlb:7233',
        '--lanes',
        '1',
        '--workload',
        'external',
        '--external-type',
        'order',
        '--task-queue',
        'orders',
        '--namespace',
        'orders',
        '--external-input',
        JSON.stringify('x'.repeat(9000)),
      ],
      {},
      /ECS accepts 8192/,
    ],
  ])('%s: the script prints one message and no stack trace', async (_what, name, args, env, message) => {
    const { code, stdout, stderr } = await script(name, args, env).ended;
    expect([code === 0, stdout]).toEqual([false, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('the error names a missing cluster, service or log group', async () => {
    const run = async (name: string, args: string[], change: Partial<Deployment>) => {
      const path = aws.file('other.json', { ...DEPLOYMENT, ...change });
      const { code, stderr } = await script(name, [...args, '--deployment', path]).ended;
      return [code, stderr];
    };
    expect(await run('scale-workers', ['status'], { cluster: 'nowhere' })).toEqual([
      1,
      expect.stringMatching(/no such ECS cluster/),
    ]);
    expect(await run('scale-workers', ['status'], { load_service: 'nothing' })).toEqual([
      1,
      expect.stringMatching(/no active ECS service nothing/),
    ]);
    expect(await run('get-benchmark-results', [], { log_group: '/none' })).toEqual([
      1,
      expect.stringMatching(/log group \/none: no such log group/),
    ]);
  });

  test('run-benchmark prints the reason if ECS cannot place its task', async () => {
    // moto places every task.
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(
        JSON.stringify({ tasks: [], failures: [{ arn: 'x', reason: 'RESOURCE:MEMORY', detail: 'no node' }] }),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const env = { AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const { code, stderr } = await script('run-benchmark', ['--address', 'nlb:7233', '--lanes', '1'], env).ended;
    server.close();
    expect([code, stderr.trim()]).toEqual([1, 'ECS could not place the task: RESOURCE:MEMORY (no node)']);
  });
});
