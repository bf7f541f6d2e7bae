import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Session } from '../../machine/session';
import { eventually, Home } from '../support/cli';

jest.setTimeout(300_000);

let home: Home;
beforeEach(() => (home = new Home()));
afterEach(() => home.leave());

/** The processes that have been started with the home of this test in their environment. */
function processes(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return environment.includes(home.dir) && command !== '' ? [`${pid} ${command}`] : [];
      } catch {
        return [];
      }
    });
}

const nothingStays = async () => {
  await eventually('the end of all processes', () => processes().length === 0, 60_000).catch(() => undefined);
  expect([processes(), home.sessions]).toEqual([[], []]);
};

/** From before the first process to about when the run starts. */
const INSTANTS_MS = [100, 300, 500, 700, 900, 1200, 1500, 2000, 2500, 3000, 4000];

test.each(['run', 'start'])('Ctrl-C at any instant of the start-up of `%s` leaves nothing', async (command) => {
  const codes: (number | null)[] = [];
  for (const afterMs of INSTANTS_MS) {
    const started = home.run([command, '--rate', '5', '--duration', '60s', '--ramp-up', '1s']);
    await sleep(afterMs);
    started.kill('SIGINT');
    const { code, stderr } = await started.ended;
    codes.push(code);
    if (command === 'start' && code === 0) {
      // It was too late: the run has started, and is named.
      const [, workflowId] = /benchmark watch (\S+)/.exec(stderr)!;
      await home.run(['cleanup', workflowId!]).ended;
    }
    expect(stderr).not.toMatch(/^\s+at |ERR_IPC/m);
    await nothingStays();
  }
  expect(codes).toContain(105);
});

test('kill -9 of the command during its start-up leaves nothing', async () => {
  for (const afterMs of INSTANTS_MS.filter((_, i) => i % 2 === 1)) {
    const started = home.run(['run', '--rate', '5', '--duration', '60s', '--ramp-up', '1s']);
    await sleep(afterMs);
    if (/ramp-up|hold/.test(started.stderr)) break;
    started.kill('SIGKILL');
    await started.ended;
    const [left] = home.sessions;
    const session = left === undefined ? undefined : new Session(join(home.sessionsDir, left));
    const hasRun = session?.exists && session.run.started;
    // A folder without a process was created just before the kill.
    if (left !== undefined && (hasRun || processes().length === 0)) await home.run(['cleanup', left]).ended;
    await nothingStays();
    // The run had started before its command said so; from now on it always has.
    if (hasRun) break;
  }
});

test('a proxy of the environment does not affect a run on this machine', async () => {
  const proxy = 'http://127.0.0.1:9';
  const env = Object.fromEntries(
    ['https_proxy', 'http_proxy', 'grpc_proxy', 'HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'].map((name) => [name, proxy]),
  );
  const args = ['--rate', '10', '--duration', '3s', '--ramp-up', '500ms', '--max-p99', '1m', '--min-throughput', '1'];
  const ended = await home.run(['run', ...args], env).ended;
  expect([ended.code, ended.stderr]).toEqual([0, expect.any(String)]);
  await nothingStays();
});

test('two `watch`es of one run both show its result, and end its processes once', async () => {
  const args = ['--workflow-id', 'both', '--rate', '10', '--duration', '6s', '--ramp-up', '500ms', '--max-p99', '1m'];
  expect((await home.run(['start', ...args, '--min-throughput', '1']).ended).code).toBe(0);
  const ended = await Promise.all(
    ['a', 'b'].map((out) => home.run(['watch', 'both', '--out', `${home.dir}/${out}`]).ended),
  );
  for (const { code, stdout, stderr } of ended) {
    expect([code, stderr.includes('restarting')]).toEqual([0, false]);
    expect(stdout).toMatch(/PASSED {2}both-/);
  }
  await nothingStays();
});

test('the supervisor is killed while `ps` is not on the PATH: its servers are adopted and end with the run', async () => {
  const args = ['--rate', '10', '--duration', '14s', '--ramp-up', '1s', '--max-p99', '1m', '--min-throughput', '1'];
  const command = home.run(['run', '-o', 'json', ...args], { PATH: '/nowhere' });
  await command.says(/hold 2\/2 .* p50/);
  const { supervisor, ...before } = home.pids;
  process.kill(supervisor!, 'SIGKILL');
  await command.says(/The processes of the run have stopped; restarting them/);
  await eventually('the new supervisor', () => home.pids.supervisor !== supervisor);
  const after = home.pids;
  for (const name of ['target-server', 'control-server']) expect([name, after[name]]).toEqual([name, before[name]]);
  // A busy machine may make the run invalid.
  expect([0, 111]).toContain((await command.ended).code);
  await nothingStays();
});

test('the control server of one run is dead: `list` names its state, and `watch` waits for it', async () => {
  const args = ['--rate', '5', '--duration', '14s', '--ramp-up', '1s', '--max-p99', '1m', '--min-throughput', '1'];
  expect((await home.run(['start', '--workflow-id', 'broken', ...args]).ended).code).toBe(0);
  const pids = home.pids;
  // Nobody restarts the server meanwhile.
  process.kill(pids.supervisor!, 'SIGSTOP');
  process.kill(pids['control-server']!, 'SIGKILL');
  const askedAt = performance.now();
  const { code, stdout } = await home.run(['list']).ended;
  expect(performance.now() - askedAt).toBeLessThan(30_000);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^broken .* unknown .*\n$/)]);
  const watched = home.run(['watch', 'broken']);
  process.kill(pids.supervisor!, 'SIGCONT');
  const ended = await watched.ended;
  expect(ended.stdout).toMatch(/^[A-Z, ]+ {2}broken-/m);
  expect([0, 111]).toContain(ended.code);
  await nothingStays();
});
