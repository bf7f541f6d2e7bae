import type { z } from 'zod';
import { durationMs } from './duration';
import type { Field } from './fields';
import { parseSpec, withSource, type BenchmarkSpec, type SpecInput } from './parse';
import { WHOLE_SPEC, type SpecProblem } from './problems';
import {
  isSearchField,
  precisionOf,
  searchFieldNames,
  searchFields,
  sloMs,
  type SearchFieldName,
} from './search-fields';
import { isFieldName, table, type FieldName } from './table';

/** The fields of a run that a search replaces by its own, with the reason. */
export const REPLACED_BY_SEARCH: Readonly<Partial<Record<FieldName, string>>> = {
  rate: 'a capacity search, which chooses the rates itself; use `from` and `maxRate`',
  stages: 'a capacity search, which chooses the rates itself; use `from` and `maxRate`',
  duration: 'a capacity search, which chooses the durations itself; use `maxDuration`',
  rampUp: 'a capacity search, which chooses the durations itself',
  hold: 'a capacity search, which chooses the durations itself',
  stopOnFail: 'a capacity search, which continues after a rate that does not hold',
  iterations: 'a capacity search, which repeats the rates that matter itself',
  warmUp: 'a capacity search, which always warms up',
  maxP99: 'a capacity search; use `slo`',
  minThroughput: 'a capacity search, which requires that the completions keep up with each rate',
  abortOnErrorRate: 'a capacity search, which expects that some rates do not hold',
  abortOnP99: 'a capacity search, which expects that some rates do not hold',
  abortOnBacklogAge: 'a capacity search, which expects that some rates do not hold',
  abortWindow: 'a capacity search, which has no abort conditions',
  stepAttempts: 'a capacity search, which repeats a spoilt trial itself',
};

/** One limit of a search, as the user wrote it and in milliseconds. */
export interface Slo {
  readonly name: string;
  readonly maxP99Ms: number;
}

/** A valid capacity search. */
export interface CapacitySpec {
  /** What each trial starts, and on which generators and hosts. Its load fields are not used. */
  readonly spec: BenchmarkSpec;
  /** The limits, the strictest first, without duplicates. */
  readonly slos: readonly Slo[];
  /** Distance between the two ends of the final bracket, as a share of its lower end. */
  readonly precision: number;
  readonly fromRate: number;
  readonly maxRate: number;
  readonly maxDurationMs: number;
  readonly labels: Readonly<Record<string, string>>;
  /** All fields with their values; the input that repeats the search. */
  readonly config: SpecInput;
}

export type ParsedCapacity =
  | { readonly ok: true; readonly capacity: CapacitySpec }
  | { readonly ok: false; readonly problems: readonly SpecProblem[] };

/**
 * Checks the input of a capacity search and fills in the defaults. Reports all problems at once.
 *
 * @param sources where the value of each field came from, e.g. `--slo`, for the error messages
 */
export function parseCapacity(input: unknown, sources: Readonly<Record<string, string>> = {}): ParsedCapacity {
  const raw = input ?? {};
  if (typeof raw !== 'object' || Array.isArray(raw)) {
    const expected = 'an object with the fields of a capacity search';
    return { ok: false, problems: [{ field: WHOLE_SPEC, value: raw, expected }] };
  }
  const given = raw as SpecInput;
  const { values, problems: own } = readSearchFields(given);
  const replaced = replacedFields(given);
  const parsed = parseSpec({ ...runFields(given), ...longestRun(values) }, sources);
  const problems = [...own, ...replaced].map((problem) => withSource(problem, given, sources));
  if (!parsed.ok || problems.length > 0)
    return { ok: false, problems: [...problems, ...(parsed.ok ? [] : parsed.problems)] };
  return { ok: true, capacity: capacityOf(parsed.spec, values) };
}

type SearchValues = { readonly [N in SearchFieldName]: z.output<(typeof searchFields)[N]['schema']> | undefined };

function readSearchFields(given: SpecInput): { values: SearchValues; problems: SpecProblem[] } {
  const values: Partial<Record<SearchFieldName, unknown>> = {};
  const problems: SpecProblem[] = [];
  for (const field of searchFieldNames) {
    const { schema, expected, default: fallback }: Field = searchFields[field];
    const value = given[field] ?? fallback;
    const parsed = schema.optional().safeParse(value);
    if (parsed.success) values[field] = parsed.data;
    else problems.push({ field, value, expected });
  }
  const { from, maxRate } = values as SearchValues;
  if (given.from !== undefined && from !== undefined && maxRate !== undefined && from > maxRate)
    problems.push({ field: 'from', value: from, expected: `at most the highest rate (${maxRate}/s)` });
  return { values: values as SearchValues, problems };
}

function replacedFields(given: SpecInput): SpecProblem[] {
  return (Object.entries(REPLACED_BY_SEARCH) as [FieldName, string][])
    .filter(([field]) => given[field] !== undefined && given[field] !== (table[field] as Field).default)
    .map(([field, expected]) => ({ field, value: given[field], relation: 'cannot be used with', expected }));
}

/** Returns the fields of a run; an unknown field stays in, so that it is reported. */
function runFields(given: SpecInput): SpecInput {
  const kept = Object.entries(given).filter(
    ([field]) => !isSearchField(field) && !(isFieldName(field) && field in REPLACED_BY_SEARCH),
  );
  return Object.fromEntries(kept);
}

/** Returns the load of a run that is as long as the search and as fast as its highest rate: the bounds of its trials. */
function longestRun({ maxRate, maxDuration }: SearchValues): SpecInput {
  return {
    rate: maxRate ?? searchFields.maxRate.default,
    duration: maxDuration ?? '15m',
    rampUp: '0s',
    stepAttempts: 1,
  };
}

function capacityOf(spec: BenchmarkSpec, values: SearchValues): CapacitySpec {
  const { slo, precision, from, maxRate, maxDuration, label } = values;
  const slos = [...new Map((slo ?? []).map((name) => [sloMs(name)!, { name, maxP99Ms: sloMs(name)! }])).values()];
  const config = Object.entries(spec).filter(([field]) => !(field in REPLACED_BY_SEARCH));
  return {
    spec,
    slos: slos.sort((a, b) => a.maxP99Ms - b.maxP99Ms),
    precision: precisionOf(precision!),
    fromRate: Math.min(from!, maxRate!),
    maxRate: maxRate!,
    maxDurationMs: durationMs(maxDuration!),
    labels: Object.fromEntries(
      (label ?? []).map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]),
    ),
    config: {
      ...Object.fromEntries(config),
      ...Object.fromEntries(Object.entries(values).filter(([, v]) => v !== undefined)),
    },
  };
}
