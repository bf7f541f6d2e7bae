import { toLogLines } from '../../machine/log-lines';
import { resultWithoutRun } from '../../report/result';
import { AwsDeployment, DEPLOYMENT } from '../support/aws-deployment';
import { eventually } from '../support/cli';
import { describeNeeding } from '../support/needs';
import { canPip } from '../support/pip';

jest.setTimeout(300_000);

const FAST = ['--poll-every', '200ms', '--wait-timeout', '20s'];

let aws: AwsDeployment;

const script = (...args: Parameters<AwsDeployment['script']>) => aws.script(...args);
const resultOf = (workflowId: string) => ({ ...resultWithoutRun('ERROR', 'test result', {}, Date.now()), workflowId });

describeNeeding(canPip, 'pip')('against moto', () => {
  beforeAll(async () => {
    aws = await AwsDeployment.start();
  });
  afterAll(async () => await aws.stop());

  test('scale-workers scales by number, up and down, and prints the status; run-benchmark uses running tasks and refuses a second run', async () => {
    expect((await script('scale-workers', ['up', '2', ...FAST, '--dry-run']).ended).stdout).toBe(
      'scale staging-benchmark-load to 2\nscale staging-benchmark-control to 1\n',
    );
    await script('scale-workers', ['2', ...FAST]).ended;
    expect((await aws.desired())['staging-benchmark-load']).toBe(2);
    expect((await script('scale-workers', ['status']).ended).stdout).toMatch(/staging-benchmark-load: \d of 2/);
    // A run uses load worker tasks that are up, without a new revision that would replace them. A second run is refused.
    const loadRevision = await aws.taskDefinitionOf(DEPLOYMENT.load_service);
    const beside = [...FAST, '--rate', '5', '--lanes', '1', '--workflow-id'];
    const first = script('run-benchmark', [...beside, 'first', '--wait']);
    await eventually('the run', () => Promise.resolve(first.seen.stderr.includes('run first')), 60_000);
    expect(await aws.taskDefinitionOf(DEPLOYMENT.load_service)).toBe(loadRevision);
    const busy = await script('run-benchmark', [...beside, 'second']).ended;
    expect([busy.code, busy.stderr]).toEqual([
      1,
      expect.stringMatching(/staging-benchmark-control already has the run first/),
    ]);
    await aws.log('control/benchmark/3', toLogLines(resultOf('first')));
    expect((await first.ended).stderr).toMatch(/restored the previous scale/);
    expect(await aws.desired()).toEqual({ 'staging-benchmark-load': 2, 'staging-benchmark-control': 1 });
    expect(await aws.taskDefinitionOf(DEPLOYMENT.load_service)).toBe(loadRevision);
    await script('scale-workers', ['down', ...FAST]).ended;
    expect(await aws.desired()).toEqual({ 'staging-benchmark-load': 0, 'staging-benchmark-control': 0 });
  });

  test('a run without --wait leaves its revision until its end, and scale-workers down removes it', async () => {
    const beside = [...FAST, '--rate', '5', '--lanes', '1', '--workflow-id'];
    expect((await script('run-benchmark', [...beside, 'alone']).ended).code).toBe(0);
    const revision = await aws.taskDefinitionOf(DEPLOYMENT.control_service);
    expect(revision).not.toBe(DEPLOYMENT.control_task_definition);
    expect((await script('scale-workers', ['up', '1', ...FAST]).ended).stderr).toMatch(/keeps the run alone/);
    // Its result is in the log, so the next run may replace it.
    await aws.log('control/benchmark/4', toLogLines(resultOf('alone')));
    expect((await script('run-benchmark', [...beside, 'next']).ended).code).toBe(0);
    expect(await aws.taskDefinitionOf(DEPLOYMENT.control_service)).not.toBe(revision);
    await script('scale-workers', ['down', ...FAST]).ended;
    expect(await aws.taskDefinitionOf(DEPLOYMENT.control_service)).toBe(DEPLOYMENT.control_task_definition);
    const leftover = await aws.taskDefinitionsWith('next');
    expect(leftover).toEqual([]);
  });

  test('after an upgrade, scale-workers up starts the task definitions of Terraform, and keeps tasks that are up', async () => {
    const upgraded = { ...DEPLOYMENT, load_task_definition: await aws.newRevision('staging-benchmark-load') };
    const path = aws.file('upgraded.json', upgraded);
    const scaleWorkers = async (...args: string[]) =>
      await script('scale-workers', [...args, ...FAST, '--deployment', path]).ended;
    await script('scale-workers', ['up', '1', ...FAST]).ended;
    expect((await scaleWorkers('up', '2')).stderr).toMatch(/staging-benchmark-load keeps an older task definition/);
    expect(await aws.taskDefinitionOf(DEPLOYMENT.load_service)).toBe(DEPLOYMENT.load_task_definition);
    await scaleWorkers('down');
    await scaleWorkers('up', '1');
    expect(await aws.taskDefinitionOf(DEPLOYMENT.load_service)).toBe(upgraded.load_task_definition);
    await script('scale-workers', ['down', ...FAST]).ended;
  });
});
