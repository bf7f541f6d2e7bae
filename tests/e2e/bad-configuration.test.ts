import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resultWithoutRun } from '../../report/result';
import { Home, parseResult } from '../support/cli';
import { TestFrontend } from '../support/frontend';
import { schemaErrors } from '../support/result';

jest.setTimeout(120_000);

const home = new Home();
afterAll(() => home.leave());

test('bad configuration: every problem at once, each with its field, its value and what is expected; nothing was contacted', async () => {
  const frontend = await TestFrontend.start();
  const args = [
    '--rate',
    'fast',
    '--duration',
    '30s',
    '--ramp-up',
    '40s',
    '--lanes',
    '0',
    '--address',
    frontend.address,
  ];
  const ended = await home.run(['run', '-o', 'json', ...args], { BENCHMARK_MAX_P99_LATENCY: 'quick' }).ended;
  expect(ended.code).toBe(104);
  expect(ended.stderr.trim().split('\n')).toEqual([
    '--rate: "fast" is invalid; expected a number above 0, up to 100000 workflow starts per second',
    '--lanes: 0 is invalid; expected a whole number from 1 to 200',
    'maxP99 (from BENCHMARK_MAX_P99_LATENCY): "quick" is invalid; expected a duration such as 90s or 5m, from 1ms to 1h',
    '--ramp-up: "40s" is invalid; expected less than the duration of the run (30s), which includes the ramp-up',
  ]);
  const result = parseResult(ended);
  expect(schemaErrors(result)).toEqual([]);
  expect(result).toMatchObject({ outcome: 'BAD_CONFIGURATION', exitCode: 104, passed: false });
  expect(frontend.calls).toEqual({});
  await frontend.close();
});

test.each([
  ['a flag without its value', ['--rate'], '--rate requires a value\nSee: benchmark --help\n'],
  [
    'an unknown output',
    ['--output', 'yaml'],
    '--output: "yaml" is invalid; expected one of "text", "json", "log"\nSee: benchmark --help\n',
  ],
  [
    'a bad duration of the linger',
    ['--metrics-linger', 'soon'],
    '--metrics-linger: "soon" is invalid; expected a duration such as 30s\n',
  ],
  [
    'a bad metrics address',
    ['--metrics-address', 'x'],
    '--metrics-address: "x" is invalid; expected host:port, such as localhost:7233\n',
  ],
  [
    'an API key without a target',
    ['--api-key', 'k'],
    '--api-key requires --address or --profile: the target that it applies to\n',
  ],
])('%s: exit 104 before anything is started', async (_what, args, stderr) => {
  expect(await home.run(['run', ...args]).ended).toMatchObject({ code: 104, stdout: '', stderr });
  expect(home.sessions).toEqual([]);
});

test('unreachable frontend: exit 1 with the address and what to try, within the connect timeout', async () => {
  const startedAt = Date.now();
  const ended = await home.run(['run', '--address', '127.0.0.1:1', '--connect-timeout', '2s']).ended;
  expect(Date.now() - startedAt).toBeLessThan(10_000);
  expect(ended.code).toBe(1);
  expect(ended.stderr).toMatch(/the Temporal frontend at 127\.0\.0\.1:1 cannot be used \(waited up to 2 s\)/);
  expect(ended.stderr).toMatch(/temporal operator cluster health --address 127\.0\.0\.1:1/);
  expect(ended.stderr).not.toMatch(/^\s+at /m);
  expect(home.sessions).toEqual([]);
});

test('a target on another machine requires --yes if there is no terminal to ask for confirmation', async () => {
  const ended = await home.run(['run', '--address', '192.0.2.1:7233']).ended;
  expect(ended).toMatchObject({
    code: 104,
    stderr: '--yes is required to send load to another machine (192.0.2.1:7233)\n',
  });
});

test('a spec comes from YAML or JSON, and the config of a result is one', async () => {
  const yaml = join(home.dir, 'bench.yaml');
  writeFileSync(yaml, 'stages: [5, 10]\nhold: 20s\nlanes: 2\n');
  const dry = await home.run(['run', '--dry-run', '--spec', yaml, '--lanes', '3']).ended;
  expect(dry.stdout).toMatch(
    /peak rate {3}10\/s in 3 lanes \(one generator each\)[^]*hold 5\/s for 20s\n[^]*hold 10\/s for 20s\n/,
  );
  const json = join(home.dir, 'config.json');
  writeFileSync(json, JSON.stringify({ stages: [5], hold: '20s', rate: 100, duration: '5m', maxErrorRate: 0.01 }));
  expect((await home.run(['run', '--dry-run', '--spec', json]).ended).code).toBe(0);
  const missing = await home.run(['run', '--spec', 'nowhere.yaml']).ended;
  expect(missing).toMatchObject({ code: 104, stderr: '--spec: the file "nowhere.yaml" does not exist\n' });
});

test('--dry-run says what would be done, and BENCHMARK_MAX_RATE bounds what may be asked for', async () => {
  const dry = await home.run(['run', '--dry-run', '--rate', '50', '--duration', '10s', '--ramp-up', '2s']).ended;
  expect(dry).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/arrivals {4}450 .*\n.*peak rate {3}50\/s in 1 lane\n/) as string,
  });
  const onControl = await home.run(['run', '--dry-run', '--control-address', '127.0.0.1:1']).ended;
  expect(onControl.stdout).toMatch(/^target {6}the one that is set on benchmark worker\ncontrol {5}127\.0\.0\.1:1\n/);
  const refusedFlag = await home.run(['cleanup', 'w1', '--control-address', '127.0.0.1:1']).ended;
  expect(refusedFlag.stderr).toMatch(/^Unknown arguments: control-address/);
  const file = join(home.dir, 'measured.json');
  const perHost = { workflowsPerSecondPerHost: 200, hostsNeeded: 1 };
  const sizing = { hostCpuMsPerWorkflow: 6, hostThreadMsPerWorkflow: 4, ...perHost };
  const measured = resultWithoutRun('ERROR', 'none', { workload: 'simple' }, 0);
  writeFileSync(file, JSON.stringify({ ...measured, executor: 'sdk', runId: 'short', sizing }));
  const sized = await home.run(['run', '--dry-run', '--rate', '900', '--executor', 'sdk', '--measured', file]).ended;
  expect(sized.stdout).toMatch(
    /executor {4}sdk: 1 host with 100 slots each; the run needs 5 hosts with 5\.4 cores in total \(6\.0 ms of CPU per workflow in short\)/,
  );
  const lean = await home.run(['run', '--dry-run', '--rate', '900', '--measured', file]).ended;
  expect(lean).toMatchObject({
    code: 104,
    stderr: expect.stringMatching(/expected a result of --executor lean/) as string,
  });
  const generatorSizing = { threadMsPerWorkflow: 2, workflowsPerSecondPerGenerator: 400, generatorsNeeded: 1 };
  writeFileSync(file, JSON.stringify({ ...measured, executor: 'lean', runId: 'short', generatorSizing }));
  expect((await home.run(['run', '--dry-run', '--rate', '900', '--measured', file]).ended).stdout).toMatch(
    /executor {4}lean: the generators execute the workflows; the run needs 3 lanes \(2\.0 ms per workflow in short\)/,
  );
  const other = await home.run(['run', '--dry-run', '--workload', 'timer', '--measured', file]).ended;
  expect(other).toMatchObject({
    code: 104,
    stderr: '--measured: the result has workload "simple"; expected a result with workload "timer"\n',
  });
  const refused = await home.run(['run', '--rate', '50'], { BENCHMARK_MAX_RATE: '40' }).ended;
  expect(refused).toMatchObject({
    code: 104,
    stderr: expect.stringMatching(/the rate 50\/s exceeds BENCHMARK_MAX_RATE; expected up to 40 /) as string,
  });
});
