import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readResult } from '../../cli/read-result';
import { toLogLines } from '../../machine/log-lines';
import { resultWithoutRun } from '../../report/result';

const dir = mkdtempSync(join(tmpdir(), 'read-result-'));
afterAll(() => rmSync(dir, { recursive: true }));

const result = (error: string) => resultWithoutRun('ERROR', error, {}, 0);
const fileWith = (lines: readonly string[]) => {
  const path = join(dir, 'file');
  writeFileSync(path, lines.join('\n'));
  return path;
};

test('a result is read from result.json and from a log; of several results in a log, the last one', () => {
  const log = ['{"level":"info"}', ...toLogLines(result('first')), 'live 12.0/s', ...toLogLines(result('second'))];
  expect(readResult('file', fileWith([JSON.stringify(result('only'))])).error).toBe('only');
  expect(readResult('file', fileWith(log)).error).toBe('second');
});

test('a log without a whole result is refused, and the message names what is expected', () => {
  const path = fileWith(['{"level":"info"}', ...toLogLines(result('first')).map((line) => line.slice(5))]);
  expect(() => readResult('file', path)).toThrow(/file: .* is not JSON: .*; expected a result\.json, or a log/);
});

test('benchmark show - reads a log from its standard input', () => {
  const main = join(__dirname, '..', '..', 'dist', 'cli', 'main.js');
  const input = toLogLines(result('no frontend')).join('\n');
  const { status, stdout } = spawnSync(process.execPath, [main, 'show', '-'], { input, encoding: 'utf8' });
  expect([status, stdout]).toEqual([0, expect.stringContaining('no frontend')]);
  // The run at the other end of a pipe writes its result late, and in parts.
  const log = join(dir, 'log');
  writeFileSync(log, input);
  const pipe = '(sleep 0.7; head -c 300 "$1"; sleep 0.3; tail -c +301 "$1") | "$2" "$3" show -';
  const piped = spawnSync('sh', ['-c', pipe, 'sh', log, process.execPath, main], { encoding: 'utf8' });
  expect(piped).toMatchObject({ stderr: '', status: 0, stdout });
});
