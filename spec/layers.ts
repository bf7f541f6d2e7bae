import type { Field } from './fields';
import { fieldNames, flagOf, table } from './table';
import type { SpecInput } from './parse';

/** One source of values: a name for messages, and what it sets. */
export interface Layer {
  readonly values: SpecInput;
  /** Where a field's value came from, for messages. */
  readonly source: (field: string) => string;
}

export interface Layered {
  readonly input: SpecInput;
  readonly sources: Readonly<Record<string, string>>;
}

/** Fields that say the same thing in two ways: a stronger layer that sets one of them silences the other below it. */
const ALTERNATIVES = [
  ['stages', 'rate'],
  ['stages', 'duration'],
  ['hold', 'duration'],
] as const;

/** Joins layers, the strongest first: flag > environment > file. */
export function joinLayers(layers: readonly Layer[]): Layered {
  const input: Record<string, unknown> = {};
  const sources: Record<string, string> = {};
  for (const { values, source } of layers) {
    const stronger = new Set(Object.keys(input));
    for (const [field, value] of Object.entries(values)) {
      if (value === undefined || stronger.has(field) || silenced(field, stronger)) continue;
      input[field] = value;
      sources[field] = source(field);
    }
  }
  return { input, sources };
}

function silenced(field: string, stronger: ReadonlySet<string>): boolean {
  return ALTERNATIVES.some(([a, b]) => (field === a && stronger.has(b)) || (field === b && stronger.has(a)));
}

/** The values that flags set; `flags` holds texts, lists of texts or booleans, by field name. */
export function flagLayer(flags: Readonly<Record<string, unknown>>): Layer {
  const values: Record<string, unknown> = {};
  for (const name of fieldNames) {
    const value = flags[name];
    if (value !== undefined) values[name] = typeof value === 'string' ? (table[name] as Field).from(value) : value;
  }
  return { values, source: (field) => `--${flagOf(field)}` };
}

/** The values that the environment sets. An empty variable counts as unset, as it does for the Temporal CLI. */
export function environmentLayer(env: Readonly<Record<string, string | undefined>>): Layer {
  const values: Record<string, unknown> = {};
  const names: Record<string, string> = {};
  for (const name of fieldNames) {
    const field: Field = table[name];
    const variable = field.env?.find((candidate) => env[candidate]);
    if (variable === undefined) continue;
    values[name] = field.from(env[variable]!);
    names[name] = variable;
  }
  return { values, source: (field) => names[field] ?? 'the environment' };
}

export function fileLayer(path: string, values: SpecInput): Layer {
  return { values, source: () => path };
}

/** The defaults for the embedded server: the weakest layer, and only at home. */
export function embeddedLayer(): Layer {
  const entries = fieldNames.map((name) => [name, (table[name] as Field).embeddedDefault] as const);
  return {
    values: Object.fromEntries(entries.filter(([, value]) => value !== undefined)),
    source: () => 'the default at home',
  };
}
