import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { finalContent } from '../../report/html/page';
import { eventually, Home, isAlive, parseResult, type Command } from '../support/cli';
import { expectSoundAccount, schemaErrors } from '../support/result';
import { Viewer } from '../support/viewer';

jest.setTimeout(180_000);

let home: Home;
beforeEach(() => (home = new Home()));
afterEach(() => home.leave());

test('25/s for 60 s on the embedded server: 1,500 of 1,500, the laws hold, and nothing is left', async () => {
  const command = home.run([
    'run',
    '-o',
    'json',
    '--out',
    join(home.dir, 'out'),
    '--rate',
    '25',
    '--duration',
    '60s',
    '--ramp-up',
    '0s',
  ]);
  await command.says(/hold 1\/1/);
  const pids = home.pids;
  const ended = await command.ended;
  const result = parseResult(ended);
  expect(result.failureReasons).toEqual([]);
  expectSoundAccount(result);
  expect(result.ledger).toEqual({
    scheduled: 1500,
    acknowledged: 1500,
    recovered: 0,
    rejected: {},
    skipped: {},
    unknown: {},
    inDoubt: 0,
  });
  expect(result.server.counts).toMatchObject({ total: 1500, completed: 1500 });
  // The generator executes the workflows: no host is started, and every completion is seen.
  expect(result).toMatchObject({ executor: 'lean', hosts: [], completion: { chosen: 1500, completed: 1500, lost: 0 } });
  expect(Object.keys(pids)).not.toContain('host');
  // P3: the rate was reached. P4: the load lasted as long as was asked. P8: throughput = completed / duration.
  expect(result.results.rates.acknowledged).toBeGreaterThanOrEqual(0.9 * 25);
  const times = result.series.points.filter((point) => point[1]! > 0).map((point) => point[0]!);
  const lastedMs = (Math.max(...times) - Math.min(...times) + 1) * result.series.widthMs;
  expect(Math.abs(lastedMs - 60_000)).toBeLessThanOrEqual(0.05 * 60_000);
  const completed = result.series.columns.indexOf('completed');
  const inHold = result.series.points.filter((point) => point[0]! * result.series.widthMs < 60_000);
  const completedInHold = inHold.reduce((sum, point) => sum + point[completed]!, 0);
  expect(completedInHold).toBeGreaterThan(1400);
  expect(Math.abs(result.results.actualRate * 60 - completedInHold)).toBeLessThanOrEqual(0.01 * completedInHold);
  // P10, computed here from the figures of the result: passed if and only if each of them meets its threshold.
  const { maxP99LatencyMs, minThroughput, maxErrorRate } = result.thresholds;
  const isMet = result.results.latency.p99! <= maxP99LatencyMs && result.results.actualRate >= minThroughput;
  // Another test runs beside this one, so the run may be INVALID. faults/quick/healthy has the machine for itself.
  const exitCode = isMet ? 0 : 99;
  expect([result.passed, result.exitCode]).toEqual([isMet, result.validity.valid ? exitCode : 111]);
  expect([minThroughput, maxErrorRate]).toEqual([22.5, 0.01]);
  expect(result.config).toMatchObject({ rate: 25, duration: '60s' });
  expect(JSON.parse(readFileSync(join(home.dir, 'out', 'result.json'), 'utf8'))).toEqual(result);
  expect(Object.keys(pids).length).toBeGreaterThanOrEqual(5);
  for (const [name, pid] of Object.entries(pids)) expect([name, isAlive(pid)]).toEqual([name, false]);
  expect(home.sessions).toEqual([]);
});

test('Ctrl-C aborts with a report and exit code 105; nothing is scheduled later than 2 s after it', async () => {
  const command = home.run(['run', '-o', 'json', '--rate', '20', '--duration', '60s', '--ramp-up', '1s', '--web']);
  const pageOf = async (viewed: Command) => (await viewed.says(/^Live page: (http:\/\/127\.0\.0\.1:\d+\/)$/m))[1]!;
  const viewer = await Viewer.connect(await pageOf(command));
  await command.says(/hold 2\/2 .* p50/);
  // Another command shows the same run. Ctrl-C ends only that command.
  const web = home.run(['web']);
  const other = await Viewer.connect(await pageOf(web));
  const [live] = await Promise.all([viewer.sees('Workflows per second'), other.sees('Workflows per second')]);
  expect(live.parts[0]).toMatch(/RUNNING.*hold 2\/2; \d:\d\d of 1:00/);
  const abortedAt = Date.now();
  command.kill('SIGINT');
  const ended = await command.ended;
  const result = parseResult(ended);
  expect(ended.code).toBe(105);
  expect(result.outcome).toBe('ABORTED');
  expect(result.abortReason).toBe('interrupted by Ctrl-C');
  expect(result.events).toMatchObject([{ kind: 'aborted', text: 'the run was aborted: interrupted by Ctrl-C' }]);
  expectSoundAccount(result);
  // Both pages end as the page of the result.
  await Promise.all([viewer.ended, other.ended]);
  for (const { received } of [viewer, other]) expect(received.at(-1)).toEqual(finalContent(result));
  web.kill('SIGINT');
  expect(await web.ended).toMatchObject({ code: 0, stdout: '' });
  expect(result.ledger.scheduled).toBeGreaterThan(0);
  const started = Date.parse(result.timeline.loadStart!);
  const lastDue = Math.max(...result.series.points.filter((point) => point[1]! > 0).map((point) => point[0]!));
  expect(started + lastDue * result.series.widthMs).toBeLessThanOrEqual(abortedAt + 2000);
  expect(result.cleanup).toMatchObject({ complete: true, stillRunning: 0 });
  expect(home.sessions).toEqual([]);
});

test('Ctrl-C twice detaches and prints the cleanup command, which ends and removes the run', async () => {
  const command = home.run(['run', '--rate', '10', '--duration', '60s', '--ramp-up', '1s']);
  await command.says(/hold 2\/2/);
  const pids = home.pids;
  command.kill('SIGINT');
  await command.says(/Press Ctrl-C again to exit without waiting/);
  command.kill('SIGINT');
  const ended = await command.ended;
  expect(ended).toMatchObject({
    code: 105,
    stderr: expect.stringMatching(/To end and remove it: benchmark cleanup run-/) as string,
  });
  const [, workflowId] = /benchmark cleanup (run-\S+)/.exec(ended.stderr)!;
  expect(await home.run(['cleanup', workflowId!]).ended).toMatchObject({ code: 0 });
  expect(home.sessions).toEqual([]);
  for (const [name, pid] of Object.entries(pids)) expect([name, isAlive(pid)]).toEqual([name, false]);
});

test('a run whose command line was killed continues, and watch ends it as run would have', async () => {
  const command = home.run(['run', '--rate', '20', '--duration', '8s', '--ramp-up', '1s']);
  await command.says(/hold 2\/2/);
  command.kill('SIGKILL');
  await command.ended;
  const watched = await home.run(['watch', '-o', 'json', '--out', join(home.dir, 'out')]).ended;
  const result = parseResult(watched);
  expect(watched.code).toBe(result.exitCode);
  expectSoundAccount(result);
  expect(result.ledger.scheduled).toBe(150);
  expect(existsSync(join(home.dir, 'out', 'result.json'))).toBe(true);
  expect(home.sessions).toEqual([]);
});

test('start leaves a run to itself, list and show tell of it, and watch takes the result it left', async () => {
  const started = await home.run(['start', '--workflow-id', 'left-alone', '--rate', '10', '--duration', '3s']).ended;
  expect(started).toMatchObject({ code: 0, stdout: 'left-alone\n' });
  expect((await home.run(['show', 'left-alone']).ended).stdout).toMatch(/^left-alone-[0-9a-f]{8}: /);
  await eventually('the run to be over', async () =>
    /left-alone .* PASSED/.test((await home.run(['list']).ended).stdout),
  );
  const shown = await home.run(['show', 'left-alone', '-o', 'json']).ended;
  expect(schemaErrors(JSON.parse(shown.stdout))).toEqual([]);
  const watched = await home.run(['watch', 'left-alone']).ended;
  expect(watched).toMatchObject({ code: 0 });
  expect(watched.stdout).toMatch(/PASSED {2}left-alone-/);
  expect((await home.run(['list']).ended).stdout).toBe('No runs.\n');
});

test('two runs at once do not disturb each other', async () => {
  const run = async (rate: string, out: string) => {
    const load = ['--workflow-id', 'same', '--rate', rate, '--duration', '5s'];
    return parseResult(await home.run(['run', '-o', 'json', '--out', join(home.dir, out), ...load]).ended);
  };
  const both = await Promise.all([run('8', 'one'), run('9', 'other')]);
  both.forEach(expectSoundAccount);
  expect(both[0]!.namespace).not.toBe(both[1]!.namespace);
  expect(both.map(({ ledger }) => ledger.scheduled)).toEqual([37, 41]);
});
