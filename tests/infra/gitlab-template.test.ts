import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gitlabTemplate } from '../support/gitlab-template';

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'benchmark-gitlab-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Runs the job's script with a `benchmark` that prints its arguments and exits with this code. */
function runJob(inputs: Record<string, string>, exitCode: number) {
  const { script, variables } = gitlabTemplate({ image: 'benchmark:v1', ...inputs }).jobs.benchmark!;
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  const stub = `#!/bin/sh\nfor arg in "$@"; do echo "<$arg>"; done\nexit ${exitCode}\n`;
  writeFileSync(join(bin, 'benchmark'), stub, { mode: 0o755 });
  const env = { PATH: `${bin}:${process.env.PATH}`, ...variables };
  const { status, stdout } = spawnSync('sh', ['-ec', script.join('\n')], { cwd: dir, env, encoding: 'utf8' });
  return { status, stdout, args: [...stdout.matchAll(/^<(.*)>$/gm)].map(([, arg]) => arg) };
}

test('the job runs the benchmark with its options, and ends with its exit code', () => {
  // A `*` must not become the files of the folder.
  const { status, args } = runJob({ options: '--rate 20  --label *', out: 'out dir' }, 99);
  expect(status).toBe(99);
  expect(args).toEqual(['run', '--out', 'out dir', '--rate', '20', '--label', '*']);
});

test('a run is compared with an earlier one if there is one; if there is none yet, the log reports it', () => {
  const against = 'base/result.json';
  expect(runJob({ against }, 0)).toMatchObject({
    args: ['run', '--out', 'benchmark-results'],
    stdout: expect.stringMatching(/^base\/result\.json does not exist yet, so this run is not compared\n/),
  });
  rmSync(join(dir, 'bin'), { recursive: true });
  mkdirSync(join(dir, 'base'));
  writeFileSync(join(dir, against), '{}');
  expect(runJob({ against }, 98)).toMatchObject({
    status: 98,
    args: ['run', '--out', 'benchmark-results', '--against', against],
  });
});

test('the job keeps all files of the run, and every input has an effect', () => {
  const { header, jobs } = gitlabTemplate({ image: 'benchmark:v1', out: 'out', job: 'load', stage: 'nightly' });
  expect(jobs.load).toMatchObject({
    stage: 'nightly',
    image: { name: 'benchmark:v1', entrypoint: [''] },
    artifacts: { when: 'always', paths: ['out'], reports: { junit: 'out/junit.xml' } },
  });
  const given = Object.fromEntries(Object.keys(header.spec.inputs).map((name) => [name, `given-${name}`]));
  const { text } = gitlabTemplate(given);
  for (const value of Object.values(given)) expect(text).toContain(value);
  // The tool refuses a variable BENCHMARK_… that it does not know.
  expect(Object.keys(jobs.load!.variables).filter((name) => /^(BENCHMARK|TEMPORAL)_/.test(name))).toEqual([]);
});
