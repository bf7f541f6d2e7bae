import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Against } from '../../cli/against';
import { handler } from '../../cli/commands/compare';
import { toleranceOf } from '../../cli/comparison-options';
import { storeCalibration } from '../../cli/noise-floors';
import { calibrationKey } from '../../report/compare/noise-floor';
import { calibratable } from '../support/calibratable';
import { iterated } from '../support/iterated';
import { specOf } from '../support/facts';

const dir = mkdtempSync(join(tmpdir(), 'compare-'));
const file = (name: string, result: object) => {
  writeFileSync(join(dir, name), JSON.stringify(result));
  return join(dir, name);
};
const base = file('base.json', iterated());
const slower = file('slower.json', iterated(1.2));

let printed = '';
beforeEach(() => {
  printed = '';
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, 'write').mockImplementation((text) => ((printed += String(text)), true));
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => rmSync(dir, { recursive: true }));

const compare = (argv: Record<string, unknown>) => handler({ _: [], $0: '', output: 'text', ...argv });

test('the exit code is 98 for a regression and 0 otherwise; -o json prints the comparison', async () => {
  expect(await compare({ files: [base, slower] })).toBe(98);
  expect(printed).toContain('REGRESSION');
  printed = '';
  expect(await compare({ base: [slower], new: [base], output: 'json' })).toBe(0);
  expect(JSON.parse(printed)).toMatchObject({ outcome: 'IMPROVEMENT' });
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ['one file', { files: [base] }, /compare requires two files, or --base and --new/],
  ['files and sides', { files: [base, slower], base: [base] }, /compare requires two files/],
  ['one side', { base: [base] }, /compare requires two files/],
  ['a missing file', { files: [base, join(dir, 'none.json')] }, /^new: the file ".+none.json" does not exist$/],
  [
    'a bad tolerance',
    { files: [base, slower], tolerance: '0' },
    /--tolerance: "0" is invalid; expected a percentage above 0/,
  ],
  ['an option of a run', { files: [base, slower], rate: '5' }, /^--rate requires --run or --calibrate: runs to start$/],
  ['a folder for runs', { files: [base, slower], out: dir }, /^--out requires --run or --calibrate/],
  ['results beside runs', { files: [base], run: ['a', 'b'] }, /base.json cannot be used with --run, which runs both/],
  ['a side beside a calibration', { base: [base], calibrate: true }, /^--base cannot be used with --calibrate/],
  ['runs and a calibration', { run: ['a', 'b'], calibrate: true }, /^--calibrate cannot be used with --run$/],
  ['a noise floor to calibrate', { calibrate: true, noiseFloor: 'off' }, /^--noise-floor cannot be used with/],
])('%s is refused', async (_what, argv, message) => {
  await expect(compare(argv)).rejects.toMatchObject({
    exitCode: 104,
    message: expect.stringMatching(message) as string,
  });
});

describe('with a stored calibration', () => {
  const machine = file('calibrated.json', calibratable());
  const slowMachine = file('calibrated-slower.json', calibratable(1.2));
  const calibration = {
    schemaVersion: 1 as const,
    createdAt: '2026-11-30T10:11:12.000Z',
    key: calibrationKey(calibratable())!,
    runs: ['run-1'],
    floors: { 'p50 latency': 0.3, 'p99 latency': 0.3 },
  };
  const { XDG_STATE_HOME } = process.env;
  let stored = '';
  beforeEach(() => {
    process.env.XDG_STATE_HOME = join(dir, 'state');
    stored = storeCalibration(calibration);
  });
  afterEach(() => {
    if (XDG_STATE_HOME === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = XDG_STATE_HOME;
  });

  test('a change below its noise floor is no regression, also of a run with --against, and the output names the file', async () => {
    expect(await compare({ files: [machine, slowMachine] })).toBe(0);
    expect(printed).toContain(
      `Smaller changes are noise: p50 latency 30.0 %, p99 latency 30.0 %\n  measured by ${stored} of`,
    );
    expect(Against.read({ against: [machine] })!.compare(calibratable(1.2), 0, { out: dir, output: 'json' })).toBe(0);
  });

  test('it is not used with --noise-floor off, for another machine, or if it is removed or damaged', async () => {
    expect(await compare({ files: [machine, slowMachine], noiseFloor: 'off' })).toBe(98);
    expect(await compare({ files: [base, slower] })).toBe(98);
    writeFileSync(stored, '{');
    expect(await compare({ files: [machine, slowMachine] })).toBe(98);
    expect(printed).toContain(`the calibration ${stored} is damaged and is not used`);
    // The file of another load in its place.
    writeFileSync(stored, JSON.stringify({ ...calibration, key: 'another load' }));
    expect(await compare({ files: [machine, slowMachine] })).toBe(98);
    rmSync(stored);
    expect(await compare({ files: [machine, slowMachine] })).toBe(98);
  });

  test('--noise-floor FILE is used if it is of the same load, machine and target, and refused otherwise', async () => {
    const named = file('named.json', calibration);
    rmSync(stored);
    expect(await compare({ files: [machine, slowMachine], noiseFloor: named })).toBe(0);
    await expect(compare({ files: [base, slower], noiseFloor: named })).rejects.toMatchObject({
      exitCode: 104,
      message: expect.stringContaining('is a calibration of another load, machine or target') as string,
    });
    await expect(compare({ files: [machine, slowMachine], noiseFloor: machine })).rejects.toThrow(
      /is not a calibration/,
    );
  });
});

test('a tolerance is a percentage, with or without its sign', () => {
  expect(['2.5', '10%', '3 %'].map((tolerance) => toleranceOf({ tolerance }))).toEqual([0.025, 0.1, 0.03]);
});

test('a run against a base is refused before it starts if it measures something else', () => {
  const against = Against.read({ against: [base] })!;
  expect(() => against.check(specOf({ rate: 11, duration: '20s' }))).toThrow(
    '--against: rate is 10 in run-1 and 11 in this run; expected the same load',
  );
  against.check(specOf({ rate: 10, duration: '20s' }));
  expect(printed).toContain('1 iteration cannot show a regression; set --iterations 5 or more');
  printed = '';
  against.check(specOf({ rate: 10, duration: '20s', iterations: 5 }));
  expect(printed).toBe('');
  expect(() => Against.read({ tolerance: '5' })).toThrow('--tolerance requires --against');
  expect(() => Against.read({ 'noise-floor': 'off' })).toThrow('--noise-floor requires --against');
  const without = file('without.json', { ...iterated(), steps: [] });
  expect(() => Against.read({ against: [without] })).toThrow(/has no complete hold to compare/);
});

test('a run against a base ends with 98 if it is slower, and leaves the comparison beside its result', () => {
  const against = Against.read({ against: [base] })!;
  const options = { out: dir, output: 'json' } as const;
  expect(against.compare(iterated(1.2), 0, options)).toBe(98);
  expect(JSON.parse(readFileSync(join(dir, 'comparison.json'), 'utf8'))).toMatchObject({ outcome: 'REGRESSION' });
  expect(against.compare(iterated(1.2), 99, options)).toBe(99);
  expect(against.compare(iterated(), 0, options)).toBe(0);
  printed = '';
  expect(against.compare(iterated(1, { outcomes: ['UNACCOUNTED'] }), 112, options)).toBe(112);
  expect(printed).toContain('The result is not compared: run-1 is UNACCOUNTED');
});
