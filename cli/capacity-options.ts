import type { Argv } from 'yargs';
import { parseCapacity, REPLACED_BY_SEARCH, type CapacitySpec } from '../spec/capacity';
import type { Field } from '../spec/fields';
import { embeddedLayer, joinLayers, type Layer } from '../spec/layers';
import type { SpecInput } from '../spec/parse';
import { describeProblems, flagName } from '../spec/problems';
import { searchFieldNames, searchFields } from '../spec/search-fields';
import { fieldNames, flagOf, type FieldName } from '../spec/table';
import { badConfiguration } from './errors';
import { describeDefault, givenLayers, refuseRepeated } from './spec-options';

type Flags = Readonly<Record<string, unknown>>;

/** The fields of a run that a search does not accept. */
export const HIDDEN_IN_SEARCH = Object.keys(REPLACED_BY_SEARCH) as FieldName[];

/** Adds a flag for each field that only a search has. */
export function withSearchOptions<T>(yargs: Argv<T>): Argv<T> {
  for (const name of searchFieldNames) {
    const field: Field = searchFields[name];
    yargs.option(flagOf(name), {
      type: 'string',
      requiresArg: true,
      array: isList(name),
      group: 'Search:',
      describe: `${field.help} (default: ${describeDefault(field)})`,
    });
  }
  return yargs;
}

function isList(name: (typeof searchFieldNames)[number]): boolean {
  return name === 'slo' || name === 'label';
}

/** Reads a search as `readSpec` reads a run: flags, then the environment, then the file, then the defaults. */
export function readCapacity(
  argv: Flags,
  isEmbedded: boolean,
  env: NodeJS.ProcessEnv = process.env,
): { readonly input: SpecInput; readonly capacity: CapacitySpec } {
  refuseRepeated(argv);
  const { TEMPORAL_NAMESPACE: _, ...withoutNamespace } = env;
  const given = givenLayers(argv, isEmbedded ? withoutNamespace : env);
  const { input, sources } = joinLayers([searchLayer(argv), ...given, ...(isEmbedded ? [embeddedDefaults()] : [])]);
  const parsed = parseCapacity(input, sources);
  if (!parsed.ok) throw badConfiguration(describeProblems(parsed.problems, flagName));
  return { input, capacity: parsed.capacity };
}

function searchLayer(argv: Flags): Layer {
  const values: Record<string, unknown> = {};
  for (const name of searchFieldNames) {
    const value = argv[name];
    const { fromText }: Field = searchFields[name];
    if (value !== undefined)
      values[name] = Array.isArray(value) ? value.flatMap((one) => fromText(String(one))) : fromText(String(value));
  }
  return { values, source: flagName };
}

/**
 * The defaults of an embedded target without those of its load, which a search chooses itself. The target shares the machine
 * with the benchmark, so its capacity varies, and more time does not make the answer more precise.
 */
function embeddedDefaults(): Layer {
  const { values, source } = embeddedLayer();
  const kept = fieldNames.filter((name) => !HIDDEN_IN_SEARCH.includes(name));
  const ofRun = Object.fromEntries(kept.map((name) => [name, values[name]]));
  return { values: { ...ofRun, maxDuration: searchFields.maxDuration.embeddedDefault }, source };
}
