import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Comparison } from '../../report/compare/compare-results';
import { Home } from '../support/cli';
import { describeWithGo } from '../support/go-programs';
import { MemoryFrontend } from '../support/memory-frontend';
import { startTestServer, type TestServer } from '../support/server';

jest.setTimeout(3_600_000);

/** How many comparisons to run; fewer with COMPARISONS=5. */
const COMPARISONS = Number(process.env.COMPARISONS ?? 20);
/** Comparisons that run at the same time, each with a generator of its own. */
const PARALLEL = 2;
/** The answer to a start takes this long on the base, milliseconds: much longer than a busy machine is late. */
const SERVICE_MS = 1000;
/** 900 workflows per run: enough for a p99. */
const LOAD = { rate: 200, rampUp: '500ms', duration: '5s', lanes: 1, maxP99: '5s', minThroughput: 1 };
/** What two comparisons at a time leave of a real server on two cores; too few workflows for a p99, so the p50 decides. */
const REAL_LOAD = { ...LOAD, rate: 20 };

describeWithGo('compare --run on a control server', ['memory-frontend'], () => {
  let control: TestServer;
  let home: Home;
  const ends: (() => Promise<unknown>)[] = [];

  async function startFrontend(serviceMs: number): Promise<string> {
    const plant = `StartWorkflowExecution=${serviceMs}ms,servers=0,dist=constant`;
    const frontend = await MemoryFrontend.start(['-service', plant, '-procs', '2']);
    ends.push(() => frontend.stop());
    return frontend.address;
  }

  /** Starts workers that reach the target of each side by a profile. */
  async function startSides(addresses: Readonly<Record<'base' | 'new', string>>, load: object = LOAD): Promise<void> {
    control = await startTestServer();
    home = new Home();
    const profiles: string[] = [];
    for (const [name, address] of Object.entries(addresses)) {
      profiles.push(`[profile.${name}]\naddress = "${address}"\n`);
      writeFileSync(join(home.dir, `${name}.json`), JSON.stringify({ ...load, targetProfile: name }));
    }
    writeFileSync(join(home.dir, 'temporal.toml'), profiles.join('\n'));
    const roles = ['--roles', 'control,generator', '--generators', String(PARALLEL)];
    const worker = home.run(['worker', ...roles, '--control-address', control.address], {
      TEMPORAL_CONFIG_FILE: join(home.dir, 'temporal.toml'),
      TEMPORAL_PROFILE: 'base',
    });
    await worker.says(/"message":"ready".*"roles"/);
  }

  afterEach(async () => {
    await home.leave();
    await Promise.all(ends.splice(0).map((end) => end()));
    await control.close();
  });

  async function compareOnce(id: string): Promise<Comparison> {
    const args = ['--control-address', control.address, '--workflow-id', id, '-o', 'json', '--yes'];
    const { stdout, stderr, code } = await home.run(['compare', '--run', 'base.json', 'new.json', ...args]).ended;
    if (code !== 0 && code !== 98) throw new Error(`compare ended with ${code}: ${stderr.slice(-2000)}`);
    const comparison = JSON.parse(stdout) as Comparison;
    expect(code).toBe(comparison.outcome === 'REGRESSION' ? 98 : 0);
    return comparison;
  }

  /** Runs comparisons of the two sides. */
  async function compareOften(count: number): Promise<readonly Comparison[]> {
    const found: Comparison[] = [];
    let next = 0;
    const work = async () => {
      while (next < count) {
        next += 1;
        const comparison = await compareOnce(`compare-${next}`);
        found.push(comparison);
        const effects = deciding(comparison).map(({ name, effect }) => [name, effect.toFixed(4)]);
        process.stderr.write(`${comparison.outcome} ${JSON.stringify(effects)}\n`);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
    return found;
  }

  /** Two targets of equal speed, and a real server that is both sides. */
  const equal = {
    'in-memory frontends': async () =>
      startSides({ base: await startFrontend(SERVICE_MS), new: await startFrontend(SERVICE_MS) }),
    'a real server': async () => {
      const target = await startTestServer();
      ends.push(() => target.close());
      await startSides({ base: target.address, new: target.address }, REAL_LOAD);
    },
  };

  test.each(Object.entries(equal))(
    'of 20 comparisons of equal targets, %s, at most 1 has a change',
    async (_, start) => {
      await start();
      const found = await compareOften(COMPARISONS);
      const changed = found.filter(({ outcome }) => outcome === 'REGRESSION' || outcome === 'IMPROVEMENT');
      expect(changed.length).toBeLessThanOrEqual(1);
    },
  );

  test('a target that is 10 % slower is found in at least 9 of 10 comparisons', async () => {
    await startSides({ base: await startFrontend(SERVICE_MS), new: await startFrontend(SERVICE_MS * 1.1) });
    const found = await compareOften(Math.ceil(COMPARISONS / 2));
    const slower = found.filter((one) => latencies(one, 'worse').length > 0);
    expect(slower.length).toBeGreaterThanOrEqual(0.9 * found.length);
  });

  test('a target that is 3 % slower is never found to be faster', async () => {
    await startSides({ base: await startFrontend(SERVICE_MS), new: await startFrontend(SERVICE_MS * 1.03) });
    const found = await compareOften(Math.ceil(COMPARISONS / 2));
    expect(found.flatMap((one) => latencies(one, 'better'))).toEqual([]);
  });
});

const deciding = ({ metrics }: Comparison) => metrics.filter(({ decides }) => decides);
const latencies = (comparison: Comparison, kind: 'better' | 'worse') =>
  deciding(comparison).filter(({ name, verdict }) => name.endsWith('latency') && verdict.kind === kind);
