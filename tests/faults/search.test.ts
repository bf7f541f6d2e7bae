import { Home, isAlive, parseResult } from '../support/cli';
import { describeWithGo } from '../support/go-programs';
import { MemoryFrontend } from '../support/memory-frontend';
import { expectSoundAccount } from '../support/result';
import { variantFlags } from '../support/variant';

jest.setTimeout(1_200_000);

const TRUTH = 40;

describeWithGo('a capacity search on a target of known capacity', ['memory-frontend'], () => {
  let frontend: MemoryFrontend;
  let home: Home;
  beforeEach(async () => {
    frontend = await MemoryFrontend.start(['-capacity', String(TRUTH)]);
    home = new Home();
  });
  afterEach(async () => {
    await home.leave();
    await frontend.stop();
  });

  test('kill -9 of each process once, then of all at once: the same answer, and no trial counts twice', async () => {
    const search = home.run([
      ...['capacity', '--address', frontend.address, ...variantFlags],
      ...['--max-rate', '160', '--max-duration', '15m'],
    ]);
    for (const [trial, process_] of [
      [2, /^generator/],
      [3, /^control$/],
      [4, /^control-server$/],
      [5, /^supervisor$/],
    ] as const) {
      await search.says(new RegExp(`trial ${trial}: `), 300_000);
      const victim = Object.entries(home.pids).find(([name]) => process_.test(name))!;
      process.kill(victim[1], 'SIGKILL');
    }
    await search.says(/trial 6: /, 300_000);
    const pids = home.pids;
    for (const pid of [search.child.pid!, ...Object.values(pids)]) process.kill(pid, 'SIGKILL');
    await search.ended;
    const ended = await home.run(['watch', '-o', 'json']).ended;
    const result = parseResult(ended);
    expectSoundAccount(result);
    const { goals, trials } = result.capacity!;
    expect(goals[0]).toMatchObject({ end: 'found' });
    expect(goals[0]!.holds).toBeGreaterThan(TRUTH * 0.9);
    expect(goals[0]!.holds).toBeLessThan(TRUTH * 1.05);
    expect(trials.map(({ number }) => number)).toEqual(trials.map((_, i) => i + 1));
    expect(new Set(trials.map(({ step }) => step)).size).toBe(trials.length);
    for (const [name, pid] of Object.entries(pids)) expect([name, isAlive(pid)]).toEqual([name, false]);
    // What the search counts is what the target has.
    const { workflows } = await frontend.report();
    expect(workflows.Completed).toBe(result.server.counts.completed);
  });
});
