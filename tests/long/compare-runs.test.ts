import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchmarkResult } from '../../report/result-schema';
import { Home } from '../support/cli';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(300_000);

let home: Home;
beforeEach(() => {
  home = new Home();
  writeFileSync(join(home.dir, 'a.json'), JSON.stringify({ rate: 20, duration: '4s', rampUp: '1s' }));
  writeFileSync(join(home.dir, 'b.json'), JSON.stringify({ rate: 20, duration: '4s', rampUp: '1s', connections: 2 }));
});
afterEach(() => home.leave());

const compare = (...args: string[]) => home.run(['compare', ...args, '--out', 'out', '--workflow-id', 'cmp']);
const resultOf = (name: string) =>
  JSON.parse(readFileSync(join(home.dir, 'out', name, 'result.json'), 'utf8')) as BenchmarkResult;

test('two specs run alternately on embedded servers; their results and the comparison are kept, and no process', async () => {
  const { code, stdout } = await compare('--run', 'a.json', 'b.json', '--iterations', '2').ended;
  expect(code).toBe(0);
  expect(stdout).toContain('  connections: 1 → 2\n');
  const folders = readdirSync(join(home.dir, 'out')).filter((name) => !name.includes('-repeated'));
  expect(folders.sort()).toEqual(['base-1', 'base-2', 'comparison.json', 'new-1', 'new-2']);
  const results = ['base-1', 'new-1', 'new-2', 'base-2'].map(resultOf);
  results.forEach(expectSoundAccount);
  expect(results.map(({ workflowId }) => workflowId)).toEqual(['cmp-base-1', 'cmp-new-1', 'cmp-new-2', 'cmp-base-2']);
  const starts = results.map(({ timestamp }) => timestamp);
  expect([...starts].sort()).toEqual(starts);
  expect(home.sessions).toEqual([]);
});

test('Ctrl-C during a run ends it cleanly, and the message says which results exist', async () => {
  const command = compare('--run', 'a.json', 'b.json', '--iterations', '2');
  await command.says(/^base-1: \w+, .* completed, p50 /m, 120_000);
  await command.says(/^new 1 of 2$[\s\S]*in flight/m, 120_000);
  command.kill('SIGINT');
  const { code, stderr, stdout } = await command.ended;
  expect(code).toBe(105);
  expect(stderr).toContain('new-1 is ABORTED: interrupted by Ctrl-C\n');
  expect(stderr).toMatch(/Nothing is compared: 1 of 2 runs of the base and 0 of 2 of the new side are complete/);
  expect(stdout).toBe('');
  expectSoundAccount(resultOf('base-1'));
  expect(resultOf('new-1').outcome).toBe('ABORTED');
  expect(existsSync(join(home.dir, 'out', 'comparison.json'))).toBe(false);
  expect(home.sessions).toEqual([]);
});

test('a calibration is stored, and the next comparison of its runs uses it', async () => {
  const calibrated = await compare('--calibrate', '--spec', 'a.json', '--iterations', '3').ended;
  expect(calibrated).toMatchObject({ code: 0 });
  const [file] = /\/\S+\/calibrations\/[0-9a-f]{16}\.json/.exec(calibrated.stdout)!;
  const { floors } = JSON.parse(readFileSync(file, 'utf8')) as { floors: Record<string, number> };
  expect(floors['p50 latency']).toBeGreaterThan(0);
  const results = (side: string) => [1, 2, 3].map((n) => join('out', `${side}-${n}`, 'result.json'));
  const again = await home.run(['compare', '--base', ...results('base'), '--new', ...results('new')]).ended;
  expect(again.stdout).toContain(`measured by ${file} of `);
});
