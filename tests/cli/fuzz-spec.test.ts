import fc from 'fast-check';
import { stringify } from 'yaml';
import yargs from 'yargs';
import { dryRun } from '../../cli/dry-run';
import { CliError } from '../../cli/errors';
import { readSpec, withSpecOptions } from '../../cli/spec-options';
import { kindsOf } from '../../load-workflows/kinds';
import { planOf } from '../../orchestrator/plan';
import type { Field } from '../../spec/fields';
import { parseSpec } from '../../spec/parse';
import { describeProblems } from '../../spec/problems';
import { fieldNames, flagOf, table } from '../../spec/table';
import { expectClear, fuzzRuns } from '../support/fuzz';

jest.setTimeout(600_000);

/** Values that are valid for some field, so that some specs are valid as a whole. */
const plausible = fc.constantFrom<unknown>(
  ...['10', '0.5', '1000', '30s', '5m', '1h', 'true', 'false', 'simple', 'timer', 'mix', 'external', 'payload'],
  ...['10,20,30', 'simple=1,timer=2', 'poisson', 'uniform', 'sdk', 'lean', 'q', '64KB', '99%', '{"n": {{index}}}'],
  ...[1, 5, 0.25, 100, true, false, [10, 20]],
);
const junk = fc.oneof(
  fc.anything({ maxDepth: 2 }),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom<unknown>(
    '',
    ' ',
    '-1',
    '0',
    'NaN',
    'Infinity',
    '1e309',
    '-0',
    '٣',
    '1k',
    '1/s',
    '\0',
    '{{id}}',
    '__proto__',
  ),
  fc.constantFrom<unknown>('9'.repeat(400), 'x'.repeat(100_001), '1ms', '99999d', '1,'.repeat(500), null, NaN, 2 ** 60),
);
const value = fc.oneof({ weight: 3, arbitrary: plausible }, { weight: 1, arbitrary: junk });
const name = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom<string>(...fieldNames) },
  {
    weight: 1,
    arbitrary: fc.oneof(fc.string({ maxLength: 10 }), fc.constantFrom('constructor', '__proto__', 'toString')),
  },
);
const spec = fc.array(fc.tuple(name, value), { maxLength: 6 });

/** Reads a spec in one of the ways in which a user can give it. */
const WAYS = {
  'the command line': (entries: Entries) => {
    const args = entries.flatMap(([field, given]) =>
      isField(field) ? [`--${flagOf(field as never)}`, textOf(given)] : [field],
    );
    const parser = withSpecOptions(yargs(args), true)
      .exitProcess(false)
      .parserConfiguration({ 'parse-numbers': false });
    const argv = parser.fail((message, err) => fail(message || err.message)).parseSync();
    return readSpec(argv as Record<string, unknown>, false, {}).spec;
  },
  'the environment': (entries: Entries) => {
    const variables = entries.flatMap(([field, given]) => {
      const { env = ['BENCHMARK_NOTHING'] } = isField(field) ? (table[field as never] as Field) : {};
      return env.map((variable) => [variable, textOf(given)]);
    });
    return readSpec({}, true, Object.fromEntries(variables) as Record<string, string>).spec;
  },
  'a file': (entries: Entries) => readSpec({}, false, { BENCHMARK_SPEC: textOfFile(entries) }).spec,
  'the input of the workflow': (entries: Entries) => {
    const parsed = parseSpec(Object.fromEntries(entries));
    return parsed.ok ? parsed.spec : fail(describeProblems(parsed.problems));
  },
};
type Entries = readonly (readonly [string, unknown])[];

const isField = (field: string) => (fieldNames as readonly string[]).includes(field);
const textOf = (given: unknown) => (typeof given === 'string' ? given : (JSON.stringify(given) ?? 'undefined'));
function textOfFile(entries: Entries): string {
  try {
    return stringify(Object.fromEntries(entries));
  } catch {
    return entries.map(([field, given]) => `${field}: ${textOf(given)}`).join('\n');
  }
}
function fail(message: string): never {
  throw new CliError(message, 104);
}

test.each(Object.entries(WAYS))('any spec by %s is planned, or refused with a clear message', (_way, read) => {
  let planned = 0;
  fc.assert(
    fc.property(spec, (entries) => {
      let found;
      try {
        found = read(entries);
      } catch (err) {
        expect(err).toBeInstanceOf(CliError);
        expect((err as CliError).exitCode).toBe(104);
        return expectClear((err as Error).message);
      }
      planned += 1;
      const { steps, durationMs, arrivals } = planOf(found);
      expect(steps.length).toBeGreaterThan(0);
      expect([durationMs, arrivals].every((n) => Number.isFinite(n) && n > 0)).toBe(true);
      expect(kindsOf(found).length).toBeGreaterThan(0);
      expectClear(dryRun(found, { env: {}, connectTimeoutMs: 1 } as never));
    }),
    { numRuns: fuzzRuns(100, 2500) },
  );
  expect(planned).toBeGreaterThan(5);
});
