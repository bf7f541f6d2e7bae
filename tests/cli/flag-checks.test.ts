import { mkdtempSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import yargs from 'yargs';
import { embeddedTargetOptions } from '../../cli/embedded-target';
import { checkFlags, checkNpmFlags } from '../../cli/flag-checks';
import { checkNewFile, createOutFolder } from '../../cli/out-folder';
import { builder } from '../../cli/commands/run';

const dir = mkdtempSync(join(tmpdir(), 'flags-'));
afterAll(() => rmSync(dir, { recursive: true }));

function check(...args: string[]): string {
  const argv = builder(yargs(args).parserConfiguration({ 'parse-numbers': false })).parseSync();
  try {
    checkFlags(argv);
    return '';
  } catch (err) {
    expect(err).toMatchObject({ exitCode: 104 });
    return (err as Error).message;
  }
}

test.each([
  [['--address', ''], '--address is empty; set a value, or remove it'],
  [['--address='], '--address is empty; set a value, or remove it'],
  [['--spec', ' '], '--spec is empty; set a value, or remove it'],
  [['--server-metrics', 'http://h', '--server-metrics', ''], '--server-metrics is empty; set a value, or remove it'],
  [['--address', 'a', '--address', 'b'], '--address is set more than once; set it once'],
  [['--spec', 'a', '--spec', 'b'], '--spec is set more than once; set it once'],
  [['-o', 'json', '--output', 'text'], '--output is set more than once; set it once'],
  [['--workers', '1', '--lanes', '2'], '--lanes is set more than once; set it once'],
  [
    ['--rate', '1', '--rate', '2', '--out', ''],
    '--rate is set more than once; set it once\n--out is empty; set a value, or remove it',
  ],
  [['--server-metrics', 'a', '--server-metrics', 'b', '--rate', '5', '-y'], ''],
])('%j', (args, message) => {
  expect(check(...args)).toBe(message);
});

test('the argument [run] of one command and the flag --run of another are named as what they are', () => {
  expect(() => checkFlags({ run: '' })).toThrow('the argument [run] is empty; set a value, or remove it');
  expect(() => checkFlags({ run: ['a.json', ''] })).toThrow('--run is empty; set a value, or remove it');
  expect(() => checkFlags({ run: ['a.json', 'b.json'] })).not.toThrow();
});

test('flags that npm has taken are reported', () => {
  const flags = ['rate', 'ramp-up', 'yes', 'dry-run'];
  const bench = { npm_lifecycle_event: 'bench' };
  expect(() => checkNpmFlags(flags, { ...bench, npm_config_rate: '5', npm_config_ramp_up: '1s' })).toThrow(
    'npm has taken --rate, --ramp-up; write -- before the flags: npm run bench -- --rate …',
  );
  expect(() => checkNpmFlags(flags, { ...bench, npm_config_yes: 'true', npm_config_cache: '/c' })).not.toThrow();
  expect(() => checkNpmFlags(flags, { npm_lifecycle_event: 'test', npm_config_rate: '5' })).not.toThrow();
});

test('the folder of the result is created before the run, one level at a time', () => {
  createOutFolder('--out', join(dir, 'a', 'b'));
  expect(existsSync(join(dir, 'a', 'b'))).toBe(true);
  createOutFolder('--out', join(dir, 'a', 'b'));
});

test('a folder that cannot be written to is refused', () => {
  const file = join(dir, 'file');
  writeFileSync(file, '');
  expect(() => createOutFolder('--out', file)).toThrow(
    `--out: the folder "${file}" cannot be written to: it is a file`,
  );
  expect(() => createOutFolder('--out', join(file, 'x'))).toThrow('cannot be written to: it is a file');
  expect(() => createOutFolder('--out', '/proc/x')).toThrow('--out: the folder "/proc/x" cannot be written to: ENOENT');
});

test('a database file is checked before the server is started', () => {
  expect(embeddedTargetOptions({ dbFilename: join(dir, 'new.db') })).toEqual({ targetDatabase: join(dir, 'new.db') });
  expect(() => checkNewFile('--db-filename', join(dir, 'none', 'x.db'))).toThrow('does not exist');
  expect(() => checkNewFile('--db-filename', dir)).toThrow('cannot be used: it is not a file');
});

test.each(['foo', '=1', 'frontend.RPS=', 'frontend.namespaceRPS=abc', 'a b=1'])(
  '--dynamic-config-value %j is refused',
  (setting) => {
    expect(() => embeddedTargetOptions({ dynamicConfigValue: [setting] })).toThrow(
      `--dynamic-config-value: ${JSON.stringify(setting)} is invalid; expected key=value with a JSON value`,
    );
    const valid = ['frontend.namespaceRPS=100', 'a.b=true', 'a.c="text"', 'a.d={"e":1}'];
    expect(embeddedTargetOptions({ dynamicConfigValue: valid })).toEqual({ targetDynamicConfig: valid });
  },
);
