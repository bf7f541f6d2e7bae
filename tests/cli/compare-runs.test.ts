import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { calibrate, compareRuns } from '../../cli/compare-runs';
import type { PerformRun } from '../../cli/interleaved';
import type { BenchmarkResult } from '../../report/result-schema';
import { calibratable } from '../support/calibratable';

const dir = mkdtempSync(join(tmpdir(), 'compare-runs-'));
const out = join(dir, 'out');
const spec = join(dir, 'spec.json');
writeFileSync(spec, JSON.stringify({ rate: 10, duration: '20s' }));

let [printed, noted] = ['', ''];
const { XDG_STATE_HOME } = process.env;
beforeEach(() => {
  [printed, noted] = ['', ''];
  process.env.XDG_STATE_HOME = join(dir, 'state');
  rmSync(out, { recursive: true, force: true });
  rmSync(join(dir, 'state'), { recursive: true, force: true });
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((printed += String(text)), true));
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((noted += String(text)), true));
});
afterEach(() => {
  jest.restoreAllMocks();
  if (XDG_STATE_HOME === undefined) delete process.env.XDG_STATE_HOME;
  else process.env.XDG_STATE_HOME = XDG_STATE_HOME;
});
afterAll(() => rmSync(dir, { recursive: true }));

const NOISE = [1, 1.01, 0.99, 1.005, 0.995];

/** Plays runs of which those of the new side are slower by a factor. */
function slower(factor: number, change: Partial<BenchmarkResult> = {}): PerformRun {
  const runs = { base: 0, new: 0 };
  return ({ givenId }) => {
    const side = /-(base|new)-\d/.exec(givenId!)![1] as 'base' | 'new';
    const noise = NOISE[runs[side]++ % NOISE.length]!;
    const { steps, ...result } = calibratable(noise * (side === 'new' ? factor : 1), change);
    return Promise.resolve({ result: { ...result, steps: steps.slice(0, 1) } });
  };
}

const comparisonFile = () => JSON.parse(readFileSync(join(out, 'comparison.json'), 'utf8')) as object;
const argv = { output: 'text', out };

test('a regression of the new side ends with 98, and its comparison is printed and written', async () => {
  expect(await compareRuns({ ...argv, run: [spec, spec] }, slower(1.2))).toBe(98);
  expect(printed).toContain('REGRESSION');
  expect(comparisonFile()).toMatchObject({ outcome: 'REGRESSION', base: { samples: 5 }, new: { samples: 5 } });
  expect(await compareRuns({ ...argv, run: [spec, spec], output: 'json' }, slower(1 / 1.2))).toBe(0);
  expect(comparisonFile()).toMatchObject({ outcome: 'IMPROVEMENT' });
});

test('a dry run prints both plans and the order, and starts nothing', async () => {
  const perform = () => Promise.reject(new Error('it was started'));
  expect(await compareRuns({ ...argv, run: [spec, spec], dryRun: true }, perform)).toBe(0);
  expect(printed).toMatch(/^base\ntarget .*\nnew\ntarget .*order {7}base, new, new, base, …: 5 runs of each side\n$/s);
  expect(existsSync(out)).toBe(false);
});

test('runs of which all are INVALID end with 111 and are kept', async () => {
  const invalid = calibratable().steps.map((step) => ({
    ...step,
    validity: { valid: false, reasons: ['late'], checks: [] },
  }));
  const perform: PerformRun = () =>
    Promise.resolve({ result: calibratable(1, { outcomes: ['INVALID'], steps: invalid.slice(0, 1) }) });
  await expect(compareRuns({ ...argv, run: [spec, spec] }, perform)).rejects.toMatchObject({
    exitCode: 111,
    message: `the runs are not compared: base has no hold that can be compared: 5 of 5 holds are INVALID\nTheir results are in ${out}.`,
  });
  expect(existsSync(join(out, 'comparison.json'))).toBe(false);
});

test('a calibration covers the changes that it saw, and the next comparison says that it was used', async () => {
  expect(await calibrate({ ...argv, spec }, slower(1.2))).toBe(0);
  const [, file] = /Stored in (\S+)\. compare and/.exec(printed)!;
  expect(printed).toMatch(/Noise floor of this load.*\n {2}p50 latency +2\d\.\d %/);
  printed = '';
  expect(await compareRuns({ ...argv, run: [spec, spec] }, slower(1.2))).toBe(0);
  expect(printed).toContain(`  measured by ${file} of `);
  expect(await compareRuns({ ...argv, run: [spec, spec] }, slower(1.6))).toBe(98);
  expect(await compareRuns({ ...argv, run: [spec, spec], noiseFloor: 'off' }, slower(1.2))).toBe(98);
});

test('a calibration whose runs have another machine or no machine is not stored', async () => {
  let cpus = 0;
  const perform: PerformRun = (...args) =>
    slower(1)(...args).then(({ result }) => {
      const [generator] = result!.generators;
      const machine = { ...generator!.machine!, cpus: (cpus += 1) };
      return { result: { ...result!, generators: [{ ...generator!, machine }] } };
    });
  await expect(calibrate({ ...argv, spec }, perform)).rejects.toThrow(/^the calibration is not stored: its runs/);
  await expect(calibrate({ ...argv, spec }, slower(1, { generators: [] }))).rejects.toThrow(/is not stored/);
  expect(existsSync(join(dir, 'state', 'temporal-benchmark', 'calibrations'))).toBe(false);
  expect(noted).toContain('base 1 of 5');
});
