import { z } from 'zod';
import { crossChecks, fieldsBehind } from './cross-checks';
import { durationMs, formatDuration } from './duration';
import type { Field } from './fields';
import { DEFAULT_SOURCE, expectedFor, WHOLE_SPEC, type SpecProblem } from './problems';
import { isSearchField } from './search-fields';
import { fieldNames, table, type FieldName, type Table } from './table';

// By default, zod compiles functions from text, which the workflow sandbox forbids.
z.config({ jitless: true });

export type { WorkloadName } from './table';

type FieldWithDefault = { [N in FieldName]: Table[N] extends { readonly default: unknown } ? N : never }[FieldName];
type Value<N extends FieldName> = z.output<Table[N]['schema']>;

/**
 * A valid spec with its defaults. Durations stay text, so that it is plain JSON: the `config` of a result is a spec that
 * repeats the run.
 */
export type BenchmarkSpec = SpecWithDefaults & { readonly rampUp: string };

type SpecWithDefaults = { readonly [N in FieldWithDefault]: Value<N> } & {
  readonly [N in Exclude<FieldName, FieldWithDefault>]?: Value<N>;
};

/** An unchecked spec; every field is optional. */
export type SpecInput = Readonly<Record<string, unknown>>;

/** The schema of a spec. It rejects unknown fields and fills in the defaults of a user's own target. */
export const specSchema = z
  .strictObject(
    Object.fromEntries(
      fieldNames.map((name) => {
        const field: Field = table[name];
        const described = field.schema.describe(`${field.help}. Allowed values: ${field.expected}.`);
        return [name, field.default === undefined ? described.optional() : described.prefault(field.default)];
      }),
    ),
  )
  .describe('The input of a benchmark run. Every field is optional.') as unknown as z.ZodType<
  SpecWithDefaults,
  SpecInput
>;

export type ParsedSpec =
  | { readonly ok: true; readonly spec: BenchmarkSpec }
  | { readonly ok: false; readonly problems: readonly SpecProblem[] };

/**
 * Checks a spec and fills in the defaults. Reports all problems at once.
 *
 * @param sources where the value of each field came from, e.g. `--rate`, for the error messages
 */
export function parseSpec(input: unknown, sources: Readonly<Record<string, string>> = {}): ParsedSpec {
  const raw = input ?? {};
  if (typeof raw !== 'object' || Array.isArray(raw)) {
    const expected = 'an object with the fields of a spec';
    return { ok: false, problems: [{ field: WHOLE_SPEC, value: raw, expected }] };
  }
  const given = raw as SpecInput;
  const parsed = specSchema.safeParse(given);
  const spec = parsed.success ? withRampUp(parsed.data) : undefined;
  const problems = parsed.success ? crossChecks(spec!, given) : fieldProblems(parsed.error, given);
  if (problems.length === 0 && spec) return { ok: true, spec };
  return { ok: false, problems: problems.map((problem) => withSource(problem, given, sources)) };
}

/** Adds where the value of a problem came from. */
export function withSource(
  problem: SpecProblem,
  given: SpecInput,
  sources: Readonly<Record<string, string>>,
): SpecProblem {
  const { field, value } = problem;
  const isDefault = given[field] === undefined && value !== undefined;
  const source =
    (Object.hasOwn(sources, field) ? sources[field] : undefined) ?? (isDefault ? DEFAULT_SOURCE : undefined);
  return source === undefined ? problem : { ...problem, source };
}

function withRampUp(spec: SpecWithDefaults): BenchmarkSpec {
  const wholeMs = durationMs(spec.stages === undefined ? spec.duration : spec.hold);
  return { ...spec, rampUp: spec.rampUp ?? formatDuration(Math.min(30_000, Math.floor(wholeMs / 6))) };
}

function fieldProblem(field: string, given: SpecInput): SpecProblem {
  const value = given[field];
  if (isSearchField(field)) return { field, value, relation: 'requires', expected: 'a capacity search' };
  return { field, value, expected: expectedFor(field) };
}

/** Returns the fields that are invalid by themselves, and the contradictions between the others. */
function fieldProblems(error: z.ZodError, given: SpecInput): SpecProblem[] {
  const problems = new Map<string, SpecProblem>();
  for (const issue of error.issues) {
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [String(issue.path[0])];
    for (const field of names) problems.set(field, fieldProblem(field, given));
  }
  const valid = Object.fromEntries(Object.entries(given).filter(([field]) => !problems.has(field)));
  const rest = specSchema.safeParse(valid);
  const contradictions = rest.success ? crossChecks(withRampUp(rest.data), valid) : [];
  const isCertain = (problem: SpecProblem) => !fieldsBehind(problem).some((name) => problems.has(name));
  return [...problems.values(), ...contradictions.filter(isCertain)];
}
