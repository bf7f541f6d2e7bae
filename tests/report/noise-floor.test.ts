import fc from 'fast-check';
import { compareResults } from '../../report/compare/compare-results';
import { renderComparison } from '../../report/compare/compare-text';
import {
  calibrationKey,
  floorsOf,
  noiseFloorOf,
  type Calibration,
  type NoiseFloor,
} from '../../report/compare/noise-floor';
import type { BenchmarkResult } from '../../report/result-schema';
import { calibratable } from '../support/calibratable';

const FILE = '/state/calibrations/1.json';
const stored = (result: BenchmarkResult, floors: Record<string, number>): Calibration => ({
  schemaVersion: 1,
  createdAt: '2026-11-30T10:11:12.000Z',
  key: calibrationKey(result)!,
  runs: [result.runId],
  floors,
});
const lookUp =
  (...calibrations: Calibration[]) =>
  (key: string) => {
    const calibration = calibrations.find((one) => one.key === key);
    return calibration && { calibration, from: FILE };
  };

const { config, generators, system } = calibratable();
const [generator] = generators as [BenchmarkResult['generators'][number]];
const machine = generator.machine!;

test.each<[string, Partial<BenchmarkResult>]>([
  ['another workload', { config: { ...config, workload: 'timer' } }],
  ['another rate', { config: { ...config, rate: 11 } }],
  ['another duration', { config: { ...config, duration: '21s' } }],
  ['another host', { generators: [{ ...generator, identity: 'generator@other:1' }] }],
  ['a second host', { generators: [generator, { ...generator, identity: 'generator@other:1' }] }],
  [
    'another machine of the same host name',
    { generators: [{ ...generator, machine: { ...machine, name: 'node-2' } }] },
  ],
  ['another number of CPUs', { generators: [{ ...generator, machine: { ...machine, cpus: 99 } }] }],
  ['another target', { system: { ...system, dynamicConfig: 'unknown', clusterId: 'another' } }],
])('a calibration is not applied to a comparison with %s on either side', (_what, change) => {
  const [result, other] = [calibratable(), calibratable(1, change)];
  const find = lookUp(stored(result, { 'p99 latency': 0.5 }));
  expect(noiseFloorOf([result, result], find)).toBeDefined();
  expect([undefined, calibrationKey(result)]).not.toContainEqual(calibrationKey(other));
  expect(noiseFloorOf([result, other], find)).toBeUndefined();
  expect(noiseFloorOf([other, result], find)).toBeUndefined();
});

test.each<[string, Partial<BenchmarkResult>]>([
  ['no generators', { generators: [] }],
  ['a generator without its machine', { generators: [{ ...generator, machine: undefined }] }],
  ['a generator without its host', { generators: [{ ...generator, identity: 'generator' }] }],
  ['a target without its cluster', { system: { ...system, dynamicConfig: 'unknown', clusterId: undefined } }],
])('a result with %s has no calibration', (_what, change) => {
  expect(calibrationKey(calibratable(1, change))).toBeUndefined();
  expect(noiseFloorOf([calibratable(1, change)], lookUp())).toBeUndefined();
});

test('the process IDs, the run and its thresholds do not make another calibration', () => {
  const other = calibratable(1, {
    runId: 'other',
    config: { ...config, maxP99: '9s', seed: 7, iterations: 9 },
    generators: [{ ...generator, identity: generator.identity.replace(/\d+$/, '77') }],
    system: { ...system, clusterId: 'new-in-each-run' },
  });
  expect(calibrationKey(other)).toBe(calibrationKey(calibratable()));
});

test('containers on one named machine have one calibration, and those on an unknown machine have none in common', () => {
  const inContainer = (name: string, container: string) =>
    calibrationKey(
      calibratable(1, {
        generators: [{ ...generator, identity: `generator@${container}:1`, machine: { ...machine, name } }],
      }),
    );
  expect(inContainer('node-1', 'a')).toBe(inContainer('node-1', 'b'));
  expect(inContainer('unknown', 'a')).not.toBe(inContainer('unknown', 'b'));
});

test('two targets have the larger noise floor of both calibrations', () => {
  const [blue, green] = ['blue', 'green'].map((clusterId) =>
    calibratable(1, { system: { ...system, dynamicConfig: 'unknown', clusterId } }),
  ) as [BenchmarkResult, BenchmarkResult];
  const find = lookUp(
    stored(blue, { 'p50 latency': 0.02, 'p99 latency': 0.3 }),
    stored(green, { 'p50 latency': 0.04, 'p99 latency': 0.1 }),
  );
  expect(noiseFloorOf([blue, green], find)).toEqual({
    floors: { 'p50 latency': 0.04, 'p99 latency': 0.3 },
    from: [`${FILE} of 2026-11-30 10:11Z`, `${FILE} of 2026-11-30 10:11Z`],
  });
});

const verdicts = (factor: number, noiseFloor: NoiseFloor | null) =>
  compareResults([calibratable()], [calibratable(factor)], 0.05, noiseFloor).metrics.filter(({ decides }) => decides);

test('a change below the noise floor is no difference, and one above it is, whatever the tolerance', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1.06, max: 1.6, noNaN: true }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      (factor, floor) => {
        fc.pre(Math.abs(factor - 1 - floor) > 1e-6);
        const [p50] = verdicts(factor, { floors: { 'p50 latency': floor }, from: [FILE] });
        expect(p50!.verdict.kind).toBe(factor - 1 < floor ? 'no difference' : 'worse');
        expect(verdicts(factor, null)[0]!.verdict.kind).toBe('worse');
      },
    ),
    { numRuns: 20 },
  );
});

test('the floors of a calibration cover its own changes: its comparison has no difference', () => {
  const noisy = (factor: number) => compareResults([calibratable()], [calibratable(factor)]);
  for (const factor of [1, 1.03, 1.2, 0.7]) {
    const floors = floorsOf(noisy(factor));
    expect(Object.keys(floors)).toEqual(
      expect.arrayContaining(['p50 latency', 'p99 latency', 'throughput', 'error rate']),
    );
    const kinds = verdicts(factor, { floors, from: [FILE] }).map(({ verdict }) => verdict.kind);
    expect(kinds).toEqual(['no difference', 'no difference', 'no difference', 'no difference']);
  }
});

test('the text says which noise floor was used and where it is from, and nothing without one', () => {
  const used = { floors: { 'p50 latency': 0.123, 'error rate': 0.02, 'p95 latency': 0.4 }, from: [`${FILE} of today`] };
  const [base, changed] = [[calibratable()], [calibratable(1.2)]];
  const lines = renderComparison(compareResults(base, changed, 0.05, used)).split('\n');
  const at = lines.indexOf('Smaller changes are noise: p50 latency 12.3 %, error rate 2.00 pp');
  expect(lines[at + 1]).toBe(`  measured by ${FILE} of today`);
  expect(renderComparison(compareResults(base, changed))).not.toContain('noise');
});
