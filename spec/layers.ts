import type { Field } from './fields';
import { flagName, DEFAULT_SOURCE } from './problems';
import { fieldNames, table } from './table';
import type { SpecInput } from './parse';

/** The values of one source: the flags, the environment, a file, or the defaults of an embedded target. */
export interface Layer {
  readonly values: SpecInput;
  /** Returns where the value of a field came from, for error messages. */
  readonly source: (field: string) => string;
}

export interface JoinedLayers {
  readonly input: SpecInput;
  /** Where the value of each field came from. */
  readonly sources: Readonly<Record<string, string>>;
}

/** Pairs of fields that replace each other: if a stronger layer sets one, weaker layers cannot set the other. */
const ALTERNATIVES = [
  ['stages', 'rate'],
  ['stages', 'duration'],
  ['hold', 'duration'],
] as const;

/** Joins layers. The strongest layer comes first: flags, environment, file, defaults. */
export function joinLayers(layers: readonly Layer[]): JoinedLayers {
  // Maps, because a file can contain names such as `__proto__`.
  const input = new Map<string, unknown>();
  const sources = new Map<string, string>();
  for (const { values, source } of layers) {
    const stronger = new Set(input.keys());
    for (const [field, value] of Object.entries(values)) {
      if (value === undefined || stronger.has(field) || isReplaced(field, stronger)) continue;
      input.set(field, value);
      sources.set(field, source(field));
    }
  }
  return { input: Object.fromEntries(input), sources: Object.fromEntries(sources) };
}

function isReplaced(field: string, stronger: ReadonlySet<string>): boolean {
  return ALTERNATIVES.some(([a, b]) => (field === a && stronger.has(b)) || (field === b && stronger.has(a)));
}

/** @param flags texts, lists of texts or booleans, by field name */
export function flagLayer(flags: Readonly<Record<string, unknown>>): Layer {
  const values: Record<string, unknown> = {};
  for (const name of fieldNames) {
    const value = flags[name];
    if (value !== undefined) values[name] = typeof value === 'string' ? (table[name] as Field).fromText(value) : value;
  }
  return { values, source: flagName };
}

/** Returns the values of the environment. An empty variable counts as unset, as in the Temporal CLI. */
export function environmentLayer(env: Readonly<Record<string, string | undefined>>): Layer {
  const values: Record<string, unknown> = {};
  const variables: Record<string, string> = {};
  for (const name of fieldNames) {
    const field: Field = table[name];
    const variable = field.env?.find((candidate) => env[candidate]);
    if (variable === undefined) continue;
    values[name] = field.fromText(env[variable]!);
    variables[name] = variable;
  }
  return { values, source: (field) => variables[field]! };
}

export function fileLayer(path: string, values: SpecInput): Layer {
  return { values, source: () => path };
}

/** Returns the defaults of an embedded target, the weakest layer. */
export function embeddedLayer(): Layer {
  const entries = fieldNames.map((name) => [name, (table[name] as Field).embeddedDefault] as const);
  return {
    values: Object.fromEntries(entries.filter(([, value]) => value !== undefined)),
    source: () => DEFAULT_SOURCE,
  };
}
