import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchmarkResult } from '../../report/result-schema';
import { testNeeding } from '../support/needs';
import { canHaveNode, NODE_RELEASES, nodeBinary } from '../support/node-release';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(600_000);

const ROOT = join(__dirname, '..', '..');
const LOAD = ['--rate', '5', '--duration', '10s', '--ramp-up', '1s', '--lanes', '1', '-o', 'json'];

/** A program of a user. It reads one field of each kind: nested, optional, nullable, a list, a literal. */
const CONSUMER = `
import type { BenchmarkResult, BenchmarkSpec, CapacityInput } from 'temporal-benchmark';
export const spec: BenchmarkSpec = { rate: 50, duration: '2m', workload: 'simple' };
export const search: CapacityInput = { slo: ['p99=500ms'], maxRate: 100 };
export function p99Of(result: BenchmarkResult): number | null {
  const machines: (string | undefined)[] = result.generators.map(({ machine }) => machine?.name);
  if (result.outcome === 'INVALID' || machines.length === 0) return null;
  return result.results.latency.FIELD;
}
`;

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

test('a TypeScript program that imports the types of the installed package compiles, and a wrong field does not', () => {
  const consumer = join(dir, 'consumer');
  mkdirSync(consumer);
  symlinkSync(join(folder, 'node_modules'), join(consumer, 'node_modules'));
  writeFileSync(join(consumer, 'package.json'), '{ "type": "module", "private": true }');
  const compile = (field: string, settings: object) => {
    writeFileSync(join(consumer, 'consumer.ts'), CONSUMER.replace('FIELD', field));
    const options = { strict: true, noEmit: true, target: 'es2022', types: [], ...settings };
    writeFileSync(
      join(consumer, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: ['consumer.ts'] }),
    );
    const tsc = join(ROOT, 'node_modules', 'typescript', 'lib', 'tsc.js');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', consumer], { encoding: 'utf8' });
    return { status, stdout };
  };
  for (const settings of [
    { module: 'node16' },
    { module: 'esnext', moduleResolution: 'bundler' },
    { module: 'commonjs', moduleResolution: 'node10' },
  ]) {
    expect([settings, compile('p99', settings)]).toEqual([settings, { status: 0, stdout: '' }]);
    expect(compile('p98', settings)).toMatchObject({ stdout: expect.stringMatching(/'p98' does not exist/) });
  }
  const title = "require('temporal-benchmark/schemas/result.schema.json').title";
  expect(run(process.execPath, ['-p', title], folder).trim()).toBe('BenchmarkResult');
});

test('the installed package searches for the highest rate, up to a rate that embedded servers hold', () => {
  const options = ['--from', '5', '--max-rate', '5', '--max-duration', '5m', '--lanes', '1', '-o', 'json'];
  const { capacity } = expectPassed(run('npx', ['temporal-benchmark', 'capacity', ...options], folder));
  expect(capacity!.goals).toMatchObject([{ end: 'max-rate-reached', holds: 5, failsAt: null }]);
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
