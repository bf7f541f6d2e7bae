import { isSearchField } from './search-fields';
import { flagOf, fieldNames, isFieldName, table } from './table';

/** One problem of a spec. */
export interface SpecProblem {
  readonly field: string;
  /** The value that is not accepted; undefined if a required value is missing. */
  readonly value: unknown;
  /**
   * What is expected instead: a phrase that completes "expected …", "the field is required: …", or the relation. Names
   * of other fields are in backticks.
   */
  readonly expected: string;
  /** Set if the value is valid by itself, but not together with the other fields. */
  readonly relation?: 'requires' | 'cannot be used with';
  /** Where the value came from: a flag such as `--rate`, a variable, a file, or {@link DEFAULT_SOURCE}. */
  readonly source?: string;
}

/** The source of a default value. */
export const DEFAULT_SOURCE = 'default';

const MAX_SHOWN_CHARACTERS = 200;

/**
 * Returns the error message for an invalid spec, one line per problem.
 *
 * @param nameOf returns the name of a field, e.g. its flag; problems with values from variables and files use the field's
 *   own name
 */
export function describeProblems(
  problems: readonly SpecProblem[],
  nameOf: (field: string) => string = (field) => field,
): string {
  return problems.map((problem) => describeProblem(problem, nameOf)).join('\n');
}

/** Returns the name of a field's flag, for {@link describeProblems}. */
export function flagName(field: string): string {
  return `--${flagOf(field)}`;
}

function describeProblem(
  { field, value, expected, relation, source }: SpecProblem,
  nameOf: (field: string) => string,
): string {
  const usesFieldName = source !== undefined && source !== DEFAULT_SOURCE && !source.startsWith('--');
  const nameHere = usesFieldName ? (name: string) => name : nameOf;
  const origin = usesFieldName ? ` (from ${source})` : source === DEFAULT_SOURCE ? ' (default)' : '';
  const name = `${isUnknownField(field) ? field : nameHere(field)}${origin}`;
  const phrase = expected.replace(/`(\w+)`/g, (_, other: string) => nameHere(other));
  if (relation !== undefined) return `${name} ${relation} ${phrase}`;
  if (value === undefined) return `${name} is required: ${phrase}`;
  if (isUnknownField(field) && field !== WHOLE_SPEC) return `${name} is not a field of a spec; expected ${phrase}`;
  return `${name}: ${show(value)} is invalid; expected ${phrase}`;
}

/** The field of a problem with the spec as a whole, e.g. a list where an object is expected. */
export const WHOLE_SPEC = 'spec';

function isUnknownField(field: string): boolean {
  return !isFieldName(field) && !isSearchField(field);
}

function show(value: unknown): string {
  // JSON writes NaN as null.
  const shown = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return shown.length > MAX_SHOWN_CHARACTERS ? `${shown.slice(0, MAX_SHOWN_CHARACTERS)}…` : shown;
}

/** Returns the phrase for `expected` of a field; for an unknown field, the name that was probably meant, or all names. */
export function expectedFor(field: string): string {
  if (isFieldName(field)) return table[field].expected;
  const normalized = field.toLowerCase().replace(/[-_]/g, '');
  return fieldNames.find((name) => name.toLowerCase() === normalized) ?? `one of ${fieldNames.join(', ')}`;
}
