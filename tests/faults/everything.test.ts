import { join } from 'node:path';
import { Home, isAlive, parseResult, type Command } from '../support/cli';
import type { BenchmarkResult } from '../../report/result-schema';
import { checkAccount } from '../support/check-account';
import { startTestServer } from '../support/server';
import { expectPassed, expectSoundAccount } from '../support/result';
import { variantFlags } from '../support/variant';

jest.setTimeout(240_000);

let home: Home;
beforeEach(() => (home = new Home()));
afterEach(() => home.leave());

/** A run at home of 16 s, started as a user would. */
function run(...args: string[]): Command {
  return home.run(['run', '--rate', '20', '--ramp-up', '1s', '--duration', '16s', ...variantFlags, ...args]);
}

/** The target ended with its run: what it had is brought up again for the checker. */
async function checkOnDatabase(result: BenchmarkResult): Promise<void> {
  const target = await startTestServer({ databaseFile: join(home.dir, 'target.db') });
  await checkAccount(target, result);
  await target.close();
}

test('the plug is pulled on everything at once; watch continues the run, and every arrival is accounted for', async () => {
  const command = run('--db-filename', join(home.dir, 'target.db'));
  await command.says(/hold 2\/2 .* p50/);
  const pids = home.pids;
  for (const pid of [command.child.pid!, ...Object.values(pids)]) process.kill(pid, 'SIGKILL');
  await command.ended;
  const watched = await home.run(['watch', '-o', 'json']).ended;
  const result = parseResult(watched);
  expectSoundAccount(result);
  await checkOnDatabase(result);
  // The embedded target yields the CPU to all other work, so a busy machine may make it slow.
  expect([0, 99, 111]).toContain(watched.code);
  const counted = result.steps.filter((step) => step.counted);
  expect(counted.map((step) => [step.attempt, step.ledger.scheduled])).toEqual([[2, 300]]);
  expect(home.sessions).toEqual([]);
  for (const [name, pid] of Object.entries(pids)) expect([name, isAlive(pid)]).toEqual([name, false]);
});

test('the target server dies and comes back on its database: the account closes', async () => {
  const command = run('-o', 'json', '--db-filename', join(home.dir, 'target.db'));
  await command.says(/hold 2\/2 .* p50/);
  process.kill(home.pids['target-server']!, 'SIGKILL');
  const result = parseResult(await command.ended);
  expectSoundAccount(result);
  await checkOnDatabase(result);
  expect(result.ledger.scheduled).toBeGreaterThanOrEqual(310);
});

test('the control server dies and comes back on its database: the run ends as if nothing had happened', async () => {
  const target = await startTestServer();
  const command = run('-o', 'json', '--address', target.address);
  await command.says(/hold 2\/2 .* p50/);
  process.kill(home.pids['control-server']!, 'SIGKILL');
  const result = parseResult(await command.ended);
  expectSoundAccount(result);
  await checkAccount(target, result);
  await target.close();
  expectPassed(result);
});
