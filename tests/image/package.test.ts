import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchmarkResult } from '../../report/result-schema';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(600_000);

const ROOT = join(__dirname, '..', '..');

function run(command: string, args: readonly string[], cwd: string): string {
  const env = { ...process.env, XDG_STATE_HOME: join(cwd, 'state') };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 1e8 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.slice(-2000)}`);
  return stdout;
}

test('the packed package, installed into an empty folder, runs a benchmark on embedded servers', () => {
  const dir = mkdtempSync(join(tmpdir(), 'benchmark-package-'));
  const folder = join(dir, 'empty');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', dir], ROOT),
  ) as [{ filename: string }];
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', join(dir, filename)], folder);
  const load = ['--rate', '5', '--duration', '10s', '--ramp-up', '1s', '--lanes', '1'];
  const result = JSON.parse(
    run('npx', ['temporal-benchmark', 'run', ...load, '-o', 'json'], folder),
  ) as BenchmarkResult;
  expect(result.outcome).toBe('PASSED');
  expectSoundAccount(result);
  rmSync(dir, { recursive: true, force: true });
});
