import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Against } from '../../cli/against';
import { handler } from '../../cli/commands/compare';
import { toleranceOf } from '../../cli/comparison-options';
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
])('%s is refused', (_what, argv, message) => {
  expect(() => compare(argv)).toThrow(
    expect.objectContaining({ exitCode: 104, message: expect.stringMatching(message) as string }),
  );
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
