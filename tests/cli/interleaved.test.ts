import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInterleaved, type PerformRun } from '../../cli/interleaved';
import { readCalibration, readSides, type InterleavedRuns } from '../../cli/interleaved-options';
import type { BenchmarkResult } from '../../report/result-schema';
import { iterated } from '../support/iterated';

const dir = mkdtempSync(join(tmpdir(), 'interleaved-'));
const file = (name: string, spec: object) => {
  writeFileSync(join(dir, name), JSON.stringify(spec));
  return join(dir, name);
};
const base = file('base.json', { rate: 10, duration: '20s' });
const twoLanes = file('two-lanes.json', { rate: 10, duration: '20s', lanes: 2, iterations: 9 });
const faster = file('faster.json', { rate: 11, duration: '20s' });
const warm = file('warm.json', { rate: 10, duration: '20s', warmUp: true });
const stages = file('stages.json', { stages: [10, 20], hold: '20s' });

let printed = '';
beforeEach(() => {
  printed = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((printed += String(text)), true));
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => rmSync(dir, { recursive: true }));

const iterationsOf = ({ base: a, new: b }: InterleavedRuns) => [a, b].map(({ launch }) => launch.spec.iterations);

test('each run has one iteration, after a warm-up if the spec has one; --iterations is the number of runs', () => {
  const runs = readSides({ run: [base, twoLanes] });
  expect(runs.count).toBe(5);
  expect(iterationsOf(runs)).toEqual([1, 1]);
  expect(runs.new.launch.spec.lanes).toBe(2);
  expect(readSides({ run: [base, base], iterations: '7' }).count).toBe(7);
  expect(iterationsOf(readSides({ run: [base, warm] }))).toEqual([1, 2]);
  expect(readSides({ run: [stages, stages], iterations: '6' })).toMatchObject({ count: 6 });
});

test('two addresses are two targets of one load', () => {
  const runs = readSides({ run: ['127.0.0.1:7233', '127.0.0.1:7234'], spec: base });
  expect([runs.base, runs.new].map(({ connections }) => connections.target?.address)).toEqual([
    '127.0.0.1:7233',
    '127.0.0.1:7234',
  ]);
  expect(runs.base.launch.spec).toEqual(runs.new.launch.spec);
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ['one side', { run: [base] }, /^--run has 1 value; expected two spec files, or two addresses/],
  ['three sides', { run: [base, base, base] }, /^--run has 3 values/],
  ['different loads', { run: [base, faster] }, /rate is 10 in .*base.json and 11 in .*faster.json; expected the same/],
  ['a run and a staircase', { run: [base, stages] }, /stages is not set in .*base.json and 10, 20 in/],
  ['a missing file', { run: [base, join(dir, 'none')] }, /the file ".*none" does not exist/],
  ['a file and an address', { run: [base, '127.0.0.1:7233'] }, /the file "127.0.0.1:7233" does not exist/],
  ['--spec with spec files', { run: [base, base], spec: base }, /^--spec cannot be used with --run/],
  ['--attach', { run: [base, base], attach: true }, /^--attach cannot be used/],
  ['an invalid number of runs', { run: [base, base], iterations: '26' }, /^--iterations: "26" is invalid/],
  [
    'metrics of one of two targets',
    { run: ['127.0.0.1:7233', '127.0.0.1:7234'], 'server-metrics': ['http://127.0.0.1:1/'] },
    /^--run has two targets, and BENCHMARK_SERVER_METRICS belongs to one/,
  ],
])('%s is refused before anything is contacted', (_what, argv, message) => {
  expect(() => readSides(argv)).toThrow(
    expect.objectContaining({ exitCode: 104, message: expect.stringMatching(message) as string }),
  );
});

test('a calibration has one load on both sides, and at least two runs of each', () => {
  const runs = readCalibration({ spec: base, iterations: '2' });
  expect(runs.base).toBe(runs.new);
  expect(runs.count).toBe(2);
  expect(() => readCalibration({ spec: base, iterations: '1' })).toThrow(/at least 2/);
});

const outcome = (name: BenchmarkResult['outcome'], change: Partial<BenchmarkResult> = {}) =>
  iterated(1, { outcome: name, outcomes: [name], ...change }, 1);

/** Plays runs that end with these outcomes, one after the other, then with PASSED. */
function play(results: readonly BenchmarkResult[], onRun: (n: number) => void = () => undefined, count = 2) {
  const names: string[] = [];
  const perform: PerformRun = ({ givenId }, folder) => {
    names.push(givenId!);
    expect(folder).toBe(join(dir, givenId!.slice('id-'.length)));
    onRun(names.length);
    return Promise.resolve({ result: results[names.length - 1] ?? outcome('PASSED') });
  };
  const runs = { ...readSides({ run: [base, twoLanes] }), count };
  return { names, done: runInterleaved(runs, { dir, id: 'id' }, true, perform) };
}

test('the sides run in ABBA order, each run with a workflow ID and a folder of its own', async () => {
  const { names, done } = play([outcome('FAILED')]);
  const { base: a, new: b, repeated } = await done;
  expect(names).toEqual(['id-base-1', 'id-new-1', 'id-new-2', 'id-base-2']);
  expect([a.length, b.length]).toEqual([2, 2]);
  expect(repeated).toEqual({ base: 0, new: 0 });
});

test('an INVALID run is repeated until it is valid, and only the last repetition is compared', async () => {
  const invalid = outcome('INVALID');
  const { names, done } = play([outcome('PASSED'), invalid, invalid, outcome('PASSED', { runId: 'valid' })]);
  const { new: changed, repeated } = await done;
  expect(names).toEqual(
    ['base-1', 'new-1', 'new-1-repeated', 'new-1-repeated-2', 'new-2', 'base-2'].map((n) => `id-${n}`),
  );
  expect(changed.map(({ runId }) => runId)).toEqual(['valid', 'run-1']);
  expect(repeated).toEqual({ base: 0, new: 2 });
});

test('each side repeats INVALID runs at most as often as it has runs', async () => {
  const { names, done } = play(new Array<BenchmarkResult>(20).fill(outcome('INVALID')));
  const { base: a, new: b, repeated } = await done;
  const first = ['1', '1-repeated', '1-repeated-2'];
  expect(names).toEqual([
    ...first.map((n) => `id-base-${n}`),
    ...first.map((n) => `id-new-${n}`),
    'id-new-2',
    'id-base-2',
  ]);
  expect([a.length, b.length]).toEqual([2, 2]);
  expect(repeated).toEqual({ base: 2, new: 2 });
});

test.each<[BenchmarkResult['outcome'], number]>([
  ['ERROR', 1],
  ['ABORTED', 105],
  ['UNACCOUNTED', 112],
  ['BAD_CONFIGURATION', 104],
])('a run that is %s ends the command with its exit code, and the message says what exists', async (name, exitCode) => {
  const { names, done } = play([outcome('PASSED'), outcome('PASSED'), outcome(name, { exitCode, error: 'the cause' })]);
  await expect(done).rejects.toMatchObject({
    exitCode,
    message:
      `new-2 is ${name}: the cause\n` +
      'Nothing is compared: 1 of 2 runs of the base and 1 of 2 of the new side are complete. Their results are in ' +
      `${dir}. To compare them: benchmark compare --base ${dir}/base-*/result.json --new ${dir}/new-*/result.json`,
  });
  expect(names).toHaveLength(3);
});

test('Ctrl-C between two runs starts no other run, and says what exists', async () => {
  const before = process.listenerCount('SIGINT');
  const { names, done } = play([], (n) => n === 1 && process.emit('SIGINT', 'SIGINT'));
  await expect(done).rejects.toMatchObject({
    exitCode: 105,
    message: expect.stringMatching(
      /^interrupted by Ctrl-C\nNothing is compared: 1 of 2 runs of the base and 0 of 2/,
    ) as string,
  });
  expect(names).toEqual(['id-base-1']);
  expect(process.listenerCount('SIGINT')).toBe(before);
  expect(printed).toContain('base 1 of 2');
});
