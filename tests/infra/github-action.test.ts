import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';

const ROOT = join(__dirname, '..', '..');
const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as {
  readonly inputs: Readonly<Record<string, { default: string }>>;
  readonly outputs: Readonly<Record<string, { value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly { env?: Record<string, string>; run: string }[] };
};

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'benchmark-action-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Runs the script with a command that prints its arguments, writes a summary and exits with this code. */
function runScript(env: Record<string, string>, exitCode: number) {
  mkdirSync(join(dir, 'dist', 'cli'), { recursive: true });
  const main = `const out = process.argv[process.argv.indexOf('--out') + 1];
    require('fs').mkdirSync(out, { recursive: true });
    require('fs').writeFileSync(out + '/summary.md', '# FAILED\\n');
    console.log(JSON.stringify(process.argv.slice(2)));
    process.exit(${exitCode});`;
  writeFileSync(join(dir, 'dist', 'cli', 'main.js'), main);
  const [summary, output] = [join(dir, 'summary'), join(dir, 'output')];
  const { status, stdout } = spawnSync(join(ROOT, 'scripts', 'github-action'), {
    cwd: dir,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH!,
      GITHUB_ACTION_PATH: dir,
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_OUTPUT: output,
      ...env,
    },
  });
  const read = (file: string) => readFileSync(file, 'utf8');
  const args = JSON.parse(stdout.trim().split('\n').at(-1)!) as string[];
  return { status, stdout, args, summary: read(summary), output: read(output) };
}

test('the step runs the benchmark with the options, shows the summary and ends with its exit code', () => {
  mkdirSync(join(dir, 'base'));
  writeFileSync(join(dir, 'base', 'result.json'), '{}');
  const { status, args, summary, output } = runScript(
    { RUN_OPTIONS: '--rate 20\n--address host:7233  --yes\n', OUT: 'out dir', AGAINST: 'base/result.json' },
    99,
  );
  expect(status).toBe(99);
  const options = ['--rate', '20', '--address', 'host:7233', '--yes'];
  expect(args).toEqual(['run', '--out', 'out dir', ...options, '--against', 'base/result.json']);
  expect(summary).toBe('# FAILED\n');
  expect(output).toBe('exit-code=99\nresult=out dir/result.json\n');
});

test('without options and without an earlier run, the benchmark runs with its defaults', () => {
  expect(runScript({ RUN_OPTIONS: '', OUT: 'out', AGAINST: '' }, 0)).toMatchObject({
    status: 0,
    args: ['run', '--out', 'out'],
  });
});

test('an earlier run that does not exist yet is not compared, and the log reports it', () => {
  const { stdout, args } = runScript({ RUN_OPTIONS: '', OUT: 'out', AGAINST: 'base/result.json' }, 0);
  expect(args).toEqual(['run', '--out', 'out']);
  expect(stdout).toMatch(/^base\/result\.json does not exist yet, so this run is not compared\n/);
});

test('action.yml passes each input to the script, and each output comes from it', () => {
  const { inputs, outputs, runs } = action;
  const step = runs.steps.at(-1)!;
  expect(runs.using).toBe('composite');
  expect(step.run).toBe('$GITHUB_ACTION_PATH/scripts/github-action');
  const passed = Object.values(step.env!).map((value) => /^\$\{\{ inputs\.(\w+) \}\}$/.exec(value)![1]);
  expect(passed).toEqual(Object.keys(inputs));
  const script = readFileSync(join(ROOT, 'scripts', 'github-action'), 'utf8');
  for (const name of Object.keys(step.env!)) expect(script).toMatch(new RegExp(`\\$\\{?${name}\\b`));
  for (const [name, { value }] of Object.entries(outputs)) {
    expect(value).toBe(`\${{ steps.run.outputs.${name} }}`);
    expect(script).toContain(`echo "${name}=`);
  }
});
