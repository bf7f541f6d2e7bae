import fc from 'fast-check';
import { parseCapacity, REPLACED_BY_SEARCH, type CapacitySpec } from '../../spec/capacity';
import { parseSpec } from '../../spec/parse';
import { describeProblems, flagName } from '../../spec/problems';
import { table, type FieldName } from '../../spec/table';

function searchOf(input?: object): CapacitySpec {
  const parsed = parseCapacity(input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.capacity;
}

function problemsOf(input: unknown, sources: Record<string, string> = {}): string {
  const parsed = parseCapacity(input, sources);
  if (parsed.ok) throw new Error('the input was accepted');
  return describeProblems(parsed.problems, flagName);
}

test('every field has a default', () => {
  for (const input of [undefined, {}]) {
    expect(searchOf(input)).toMatchObject({
      slos: [{ name: 'p99=5s', maxP99Ms: 5000 }],
      precision: 0.05,
      fromRate: 10,
      maxRate: 2000,
      maxDurationMs: 900_000,
      labels: {},
      spec: { workload: 'simple', lanes: 4 },
    });
  }
});

test('limits are sorted, the strictest first, and a limit that is named twice counts once', () => {
  const { slos } = searchOf({ slo: ['p99=5s', 'p99=500ms', 'p99=0.5s', 'p99=1m'] });
  expect(slos.map(({ maxP99Ms }) => maxP99Ms)).toEqual([500, 5000, 60_000]);
});

test('a label keeps everything after its first equals sign', () => {
  expect(searchOf({ label: ['shards=512', 'note=a=b c'] }).labels).toEqual({ shards: '512', note: 'a=b c' });
});

test('the config repeats the search', () => {
  fc.assert(
    fc.property(
      fc.record(
        {
          slo: fc.uniqueArray(fc.constantFrom('p99=100ms', 'p99=1s', 'p99=5s'), { minLength: 1 }),
          precision: fc.constantFrom('2%', '5%', '12.5%'),
          from: fc.integer({ min: 1, max: 20 }),
          maxRate: fc.integer({ min: 20, max: 500 }),
          maxDuration: fc.constantFrom('2m', '20m', '2h'),
          label: fc.constant(['shards=512']),
          lanes: fc.integer({ min: 1, max: 8 }),
          workload: fc.constantFrom('simple', 'timer'),
        },
        { requiredKeys: [] },
      ),
      (input) => {
        const { config, ...rest } = searchOf(input);
        const { config: again, ...restAgain } = searchOf(JSON.parse(JSON.stringify(config)));
        expect(restAgain).toEqual(rest);
        expect(again).toEqual(config);
      },
    ),
  );
});

test('all problems are reported at once, each with its value and what is expected', () => {
  const text = problemsOf({
    slo: ['p95=1s'],
    precision: '50%',
    from: 30,
    maxRate: 20,
    lanes: 0,
    label: ['no'],
    rat: 1,
  });
  const lines = text.split('\n');
  expect(lines).toHaveLength(6);
  expect(text).toMatch(/--slo: \["p95=1s"\] is invalid; expected 1 to 8 limits of the p99 latency such as p99=500ms/);
  expect(text).toMatch(/--precision: "50%" is invalid; expected a percentage from 1% to 20%/);
  expect(text).toMatch(/--from: 30 is invalid; expected at most the highest rate \(20\/s\)/);
  expect(text).toMatch(/--lanes: 0 is invalid/);
  expect(text).toMatch(/--label: \["no"\] is invalid; expected 1 to 8 labels such as shards=512/);
  expect(text).toMatch(/rat is not a field of a spec/);
  expect(problemsOf([])).toMatch(/expected an object with the fields of a capacity search/);
});

test('a field of a run that a search replaces is refused with the field to use, its default is not', () => {
  for (const field of Object.keys(REPLACED_BY_SEARCH) as FieldName[]) {
    const { default: fallback } = table[field] as { default?: unknown };
    if (fallback !== undefined) expect(() => searchOf({ [field]: fallback })).not.toThrow();
  }
  expect(problemsOf({ rate: 50 }, { rate: '--rate' })).toBe(
    '--rate cannot be used with a capacity search, which chooses the rates itself; use --from and --maxRate'.replace(
      'maxRate',
      'max-rate',
    ),
  );
  expect(problemsOf({ maxP99: '1s' })).toMatch(/--max-p99 cannot be used with a capacity search; use --slo/);
});

test('a run refuses the fields of a search by name', () => {
  const parsed = parseSpec({ slo: ['p99=1s'] });
  expect(parsed.ok || describeProblems(parsed.problems, flagName)).toBe('--slo requires a capacity search');
});

test('a search that could outlive the retention of its namespace is refused', () => {
  expect(problemsOf({ retention: '1h', maxDuration: '2h' })).toMatch(/--retention: "1h" is invalid/);
  expect(() => searchOf({ retention: '1h', maxDuration: '30m' })).not.toThrow();
});
