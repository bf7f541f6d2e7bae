import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { handler } from '../../cli/commands/history';
import { HISTORY_COLUMNS, historyCsv, historyRow, sparkline } from '../../report/history';
import type { BenchmarkResult } from '../../report/result-schema';
import { iterated } from '../support/iterated';

const dir = mkdtempSync(join(tmpdir(), 'history-'));
afterAll(() => rmSync(dir, { recursive: true }));

let [out, err] = ['', ''];
beforeEach(() => {
  [out, err] = ['', ''];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
});
afterEach(() => jest.restoreAllMocks());

const history = (argv: Record<string, unknown>) => handler({ _: [], $0: '', output: 'text', ...argv });
const at = (day: number, p99: number, change: object = {}) => {
  const result = iterated(1, { runId: `run-${day}`, timestamp: `2026-01-0${day}T10:00:00.000Z` });
  const latency = { ...result.results.latency, p99 };
  return { ...result, results: { ...result.results, latency }, ...change };
};

beforeAll(() => {
  const results = {
    c: at(3, 30),
    a: at(1, 10),
    b: at(2, 20),
    other: at(4, 5, { config: { workload: 'timer', rate: 5 } }),
  };
  for (const [name, result] of Object.entries(results)) {
    mkdirSync(join(dir, name));
    writeFileSync(join(dir, name, 'result.json'), JSON.stringify(result));
  }
  writeFileSync(join(dir, 'package.json'), '{}');
  writeFileSync(join(dir, 'comparison.json'), '{}');
});

test('the results of a folder are listed by load and time, with the p99 of the valid runs as a sparkline', async () => {
  expect(await history({ folder: dir })).toBe(0);
  const lines = out.split('\n');
  expect(lines[0]).toBe('simple at 10/s');
  expect(lines.slice(2, 5).map((line) => /run-\d/.exec(line)![0])).toEqual(['run-1', 'run-2', 'run-3']);
  expect(lines[2]).toMatch(/^ {2}2026-01-01 10:00Z run-1 {2}1\.32\.0 +10\/s +40\.0 ms +10 ms {2}PASSED$/);
  expect(lines[5]).toBe('  p99 of the valid runs: ▁▅█');
  expect(lines).toContain('timer at 5/s');
  expect(err).toMatch(/^Skipped: result file: .*package\.json is not a result\.json of this version/);
});

test('the result with which a change begins is marked in every output', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'history-changes-'));
  [1, 1, 1.2].forEach((factor, i) =>
    writeFileSync(
      join(folder, `${i}.json`),
      JSON.stringify(iterated(factor, { runId: `run-${i}`, timestamp: `2026-01-0${i + 1}T10:00:00.000Z` })),
    ),
  );
  const change = 'p50 latency +20.0 % (worse), p99 latency +20.0 % (worse)';
  await history({ folder });
  expect(out.split('\n').filter((line) => line.includes('←'))).toEqual([
    expect.stringMatching(/ run-2 .* PASSED {2}← p50 latency \+20\.0 % \(worse\), p99 latency \+20\.0 % \(worse\)$/),
  ]);
  out = '';
  await history({ folder, output: 'jsonl' });
  const changes = out
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { change: string | null }).change);
  expect(changes).toEqual([null, null, change]);
  out = '';
  await history({ folder, output: 'csv', tolerance: '30' });
  expect(out).not.toContain('worse');
  rmSync(folder, { recursive: true });
});

test('a search is listed with its limits and its capacity', () => {
  const goals = [{ name: 'p99=500ms', holds: 42 }];
  const capacity = { goals } as unknown as BenchmarkResult['capacity'];
  expect(historyRow({ ...iterated(), capacity }, 'f')).toMatchObject({
    subject: 'simple: capacity with p99=500ms',
    capacity: 42,
  });
});

test('CSV has a row per result and JSON lines an object', async () => {
  await history({ folder: dir, output: 'csv' });
  const rows = out.trim().split('\r\n');
  expect(rows[0]).toBe(HISTORY_COLUMNS.join(','));
  expect(rows).toHaveLength(5);
  out = '';
  await history({ folder: dir, output: 'jsonl' });
  expect(
    out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { runId: string }).runId),
  ).toEqual(['run-1', 'run-2', 'run-3', 'run-4']);
});

test('cells of a CSV are quoted where needed, and none begins like a formula', () => {
  const row = { ...historyRow(iterated(), 'a,b'), runId: '=HYPERLINK("x")', serverVersion: '+1' };
  expect(historyCsv([row])).toMatch(/,"'=HYPERLINK\(""x""\)",PASSED,.*,'\+1,.*,"a,b"\r\n$/);
});

test('a folder that does not exist is refused, and an empty one has no results', async () => {
  await expect(history({ folder: dir, noiseFloor: 'f.json' })).rejects.toThrow(
    /^--noise-floor: "f.json" is invalid; expected off/,
  );
  await expect(history({ folder: dir, 'control-address': '127.0.0.1:1' })).rejects.toThrow(
    /^the argument \[folder\] cannot be used with a control server/,
  );
  await expect(history({ folder: join(dir, 'none') })).rejects.toThrow(/the folder ".*none" does not exist$/);
  mkdirSync(join(dir, 'empty'));
  expect(await history({ folder: join(dir, 'empty') })).toBe(0);
  expect(out).toBe('No results.\n');
});

test('a sparkline spans from the smallest value to the largest', () => {
  expect(sparkline([1, 8, 4.5])).toBe('▁█▅');
  expect(sparkline([5, 5])).toBe('▁▁');
});
