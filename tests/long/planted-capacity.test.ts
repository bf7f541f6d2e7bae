import { Home, parseResult } from '../support/cli';
import { describeWithGo } from '../support/go-programs';
import { MemoryFrontend } from '../support/memory-frontend';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(1_200_000);

/** Completions per second. `BENCHMARK_TEST_CAPACITIES=45,200` searches only these. */
const CAPACITIES = (process.env.BENCHMARK_TEST_CAPACITIES || '20,31,48,74,115,177,273,421,648,1000')
  .split(',')
  .map(Number);

describeWithGo('a search on a target of known capacity', ['memory-frontend'], () => {
  let frontend: MemoryFrontend;
  let home: Home;
  beforeEach(() => (home = new Home()));
  afterEach(async () => {
    await home.leave();
    await frontend.stop();
  });

  test.each(CAPACITIES)('%d/s is found within 7 %%', async (capacity) => {
    frontend = await MemoryFrontend.start(['-capacity', String(capacity)]);
    const load = ['--lanes', '1', '--max-rate', '2000', '--max-duration', '15m'];
    const result = parseResult(
      await home.run(['capacity', '-o', 'json', '--address', frontend.address, ...load]).ended,
    );
    expectSoundAccount(result);
    const { goals, trials } = result.capacity!;
    const [{ holds, failsAt, end }] = goals as [(typeof goals)[0]];
    process.stderr.write(`${capacity}/s: ${holds} to ${failsAt}/s, ${end}, ${trials.length} trials\n`);
    expect(end).toBe('found');
    expect(holds! / capacity).toBeGreaterThan(0.93);
    expect(holds! / capacity).toBeLessThan(1.07);
  });
});
