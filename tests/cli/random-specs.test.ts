import fc from 'fast-check';
import { stringify } from 'yaml';
import { readRun, readSearch, type ReadLaunch } from '../../cli/launch';
import { CliError } from '../../cli/errors';
import { parseCapacity } from '../../spec/capacity';
import type { Field } from '../../spec/fields';
import { parseSpec } from '../../spec/parse';
import { fieldNames, flagOf, table } from '../../spec/table';

const before = { ...process.env };
beforeEach(() => {
  for (const name of Object.keys(process.env)) if (/^(BENCHMARK|TEMPORAL)_/.test(name)) delete process.env[name];
});
afterEach(() => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, before);
});

const number = fc.oneof(fc.integer({ min: -2, max: 200 }), fc.double());
const word = fc.oneof(
  number.map(String),
  fc.tuple(fc.nat(100), fc.constantFrom('ms', 's', 'm', 'h', 'd', '')).map(([n, unit]) => `${n}${unit}`),
  fc.constantFrom(
    'simple',
    'mix',
    'timer',
    'external',
    'sdk',
    'lean',
    'true',
    'false',
    'poisson',
    '10,20,30',
    'simple=1',
  ),
  fc.string(),
);
const name = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom<string>(...fieldNames) },
  fc.string(),
  fc.constant('__proto__'),
);
const specs = <T>(value: fc.Arbitrary<T>) => fc.array(fc.tuple(name, value), { maxLength: 6 }).map(Object.fromEntries);

/** Every problem is reported as a configuration error in sentences, never as an exception of the code. */
function expectReadOrRefused(read: () => unknown): void {
  try {
    read();
  } catch (err) {
    expect(err).toBeInstanceOf(CliError);
    expect(err).toMatchObject({ exitCode: 104, message: expect.stringMatching(/\S/) as string });
    expect((err as Error).message).not.toMatch(/^\s+at |undefined|\[object/m);
  }
}

const runs = { numRuns: 200 };

test.each<[string, ReadLaunch]>([
  ['run', readRun],
  ['capacity', readSearch],
])('any flags, variables and file of `%s` are read or refused', (_what, read) => {
  const flags = specs(fc.oneof(word, fc.boolean(), fc.array(word, { maxLength: 2 })));
  const file = specs(fc.oneof(word, number, fc.boolean(), fc.jsonValue({ maxDepth: 1 })));
  fc.assert(
    fc.property(flags, specs(word), file, fc.boolean(), (flag, variable, content, isEmbedded) => {
      const argv = Object.fromEntries(
        Object.entries(flag).flatMap(([key, value]) => [
          [key, value],
          [flagOf(key), value],
        ]),
      );
      for (const [key, value] of Object.entries(variable as Record<string, string>)) {
        const [env] = (Object.hasOwn(table, key) ? (table as Record<string, Field>)[key]!.env : undefined) ?? [];
        if (env && !value.includes('\0')) process.env[env] = value;
      }
      process.env.BENCHMARK_SPEC = stringify(content).replaceAll('\0', '');
      expectReadOrRefused(() => read(argv, isEmbedded));
    }),
    runs,
  );
});

test('any input of a workflow is parsed, or has problems', () => {
  fc.assert(
    fc.property(
      fc.oneof(specs(fc.jsonValue({ maxDepth: 1 })), specs(fc.oneof(word, number)), fc.jsonValue()),
      (input) => {
        for (const parsed of [parseSpec(input), parseCapacity(input as never)])
          if (!parsed.ok) expect(parsed.problems.length).toBeGreaterThan(0);
      },
    ),
    runs,
  );
});
