import { Home, isAlive, parseResult, type Command } from '../../support/cli';
import { checkAccount } from '../../support/check-account';
import { expectSoundAccount, sum } from '../../support/result';
import { startTestServer, type TestServer } from '../../support/server';
import { lanes, variantFlags } from '../../support/variant';

jest.setTimeout(180_000);

let target: TestServer;
beforeAll(async () => (target = await startTestServer()));
afterAll(() => target.close());

let home: Home;
beforeEach(() => (home = new Home()));
afterEach(() => home.leave());

/** A run at home on a target that outlives it, up to its hold, and the processes it runs in by then. */
async function inHold(...args: string[]): Promise<{ command: Command; pids: Record<string, number> }> {
  const on = ['--address', target.address, ...variantFlags];
  const command = home.run(['run', '-o', 'json', ...on, '--rate', '20', '--ramp-up', '1s', ...args]);
  await command.says(/hold 2\/2 .* p50/);
  return { command, pids: home.pids };
}

async function end(command: Command, pids: Record<string, number>) {
  const ended = await command.ended;
  const result = parseResult(ended);
  expectSoundAccount(result);
  await checkAccount(target, result);
  expect(home.sessions).toEqual([]);
  for (const [name, pid] of Object.entries(pids)) expect([name, isAlive(pid)]).toEqual([name, false]);
  return { ended, result };
}

test('kill -9 of a generator in mid-step: the step is run again, and every arrival of both attempts is accounted for', async () => {
  const { command, pids } = await inHold('--duration', '16s');
  process.kill((pids.generator ?? pids['generator-0'])!, 'SIGKILL');
  const { ended, result } = await end(command, pids);
  expect(ended.code).toBe(0);
  const holds = result.steps.filter((step) => step.kind === 'hold');
  expect(holds.map(({ attempt, counted }) => [attempt, counted])).toEqual([
    [1, false],
    [2, true],
  ]);
  // Uniform arrivals: each attempt schedules exactly what was planned, whatever happened to its generator.
  expect(holds.map((step) => step.ledger.scheduled)).toEqual([300, 300]);
  expect(holds[0]!.gapArrivals).toBeGreaterThan(20 / lanes);
  expect(sum(holds[0]!.ledger.skipped)).toBeGreaterThan(0);
  expect(holds[1]!.ledger).toMatchObject({ acknowledged: 300, skipped: {} });
  expect(result.notes.join()).toMatch(/the hold at 20\/s had a gap, so it was repeated \(attempt 2\)/);
  const [lost, replaced, repeated] = (['generator-lost', 'generator-replaced', 'step-repeated'] as const).map(
    (kind) => result.events!.find((event) => event.kind === kind)!.atMs,
  );
  expect(replaced! - lost!).toBeGreaterThan(1000);
  expect(repeated!).toBeGreaterThan(replaced!);
});

test('kill -9 of the control worker in mid-step: generators continue, and the run ends normally', async () => {
  const { command, pids } = await inHold('--duration', '12s');
  process.kill(pids.control!, 'SIGKILL');
  const { ended, result } = await end(command, pids);
  expect(ended.code).toBe(0);
  expect(result.ledger).toMatchObject({ scheduled: 230, acknowledged: 230, skipped: {}, recovered: 0 });
});

test('kill -9 of the supervisor: what it owned is brought back, and the account closes', async () => {
  const { command, pids } = await inHold('--duration', '14s');
  process.kill(pids.supervisor!, 'SIGKILL');
  const { result } = await end(command, pids);
  expect(result.failureReasons).toEqual([]);
  expect(result.validity.reasons).toEqual([]);
  // The generator that it left behind hands its lane over to the next, and keeps its word.
  const [hold] = result.steps.filter((step) => step.counted);
  expect([hold!.ledger.acknowledged + hold!.ledger.recovered, hold!.gapArrivals]).toEqual([260, 0]);
});
