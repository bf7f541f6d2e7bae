import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchmarkResult } from '../../report/result-schema';
import { testNeeding } from '../support/needs';
import { canHaveNode, NODE_RELEASES, nodeBinary } from '../support/node-release';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(600_000);

const ROOT = join(__dirname, '..', '..');
const LOAD = ['--rate', '5', '--duration', '10s', '--ramp-up', '1s', '--lanes', '1', '-o', 'json'];

const dir = mkdtempSync(join(tmpdir(), 'benchmark-package-'));
const folder = join(dir, 'empty');
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function run(command: string, args: readonly string[], cwd: string): string {
  const env = { ...process.env, XDG_STATE_HOME: join(cwd, 'state') };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 1e8 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.slice(-2000)}`);
  return stdout;
}

function expectPassed(json: string): BenchmarkResult {
  const result = JSON.parse(json) as BenchmarkResult;
  expect(result.outcome).toBe('PASSED');
  expectSoundAccount(result);
  return result;
}

beforeAll(() => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', dir], ROOT),
  ) as [{ filename: string }];
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', join(dir, filename)], folder);
});

test('the packed package, installed into an empty folder, runs a benchmark on embedded servers', () => {
  expectPassed(run('npx', ['temporal-benchmark', 'run', ...LOAD], folder));
});

testNeeding(canHaveNode, 'Linux on x86-64').each(NODE_RELEASES)(
  'the installed package runs a benchmark with Node %s',
  (release) => {
    const main = join(folder, 'node_modules', 'temporal-benchmark', 'dist', 'cli', 'main.js');
    const result = expectPassed(
      run(nodeBinary(release as (typeof NODE_RELEASES)[number]), [main, 'run', ...LOAD], folder),
    );
    expect(result.generators.map(({ machine }) => machine?.node)).toEqual([release]);
  },
);
