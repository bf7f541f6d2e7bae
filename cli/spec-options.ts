import type { Argv } from 'yargs';
import { parse as parseYaml } from 'yaml';
import type { Field } from '../spec/fields';
import { environmentLayer, fileLayer, flagLayer, embeddedLayer, joinLayers, type Layer } from '../spec/layers';
import { parseSpec, type BenchmarkSpec, type SpecInput } from '../spec/parse';
import { describeProblems, flagName } from '../spec/problems';
import { fieldGroups, fieldNames, flagOf, table, type FieldName } from '../spec/table';
import { badConfiguration } from './errors';
import { readTextFile } from './read-file';

/**
 * Adds a flag for each field of the spec, and `--spec`.
 *
 * @param withAliases also add the flags' other names
 * @param hidden fields that the help does not show
 */
export function withSpecOptions<T>(yargs: Argv<T>, withAliases = false, hidden: readonly FieldName[] = []): Argv<T> {
  for (const [title, names] of Object.entries(fieldGroups)) {
    for (const name of names) addOption(yargs, name, `${title}:`, withAliases, hidden.includes(name));
  }
  return yargs.option('spec', {
    type: 'string',
    requiresArg: true,
    group: 'Spec file:',
    describe:
      'YAML or JSON file with the fields of a spec, such as the `config` of a result [BENCHMARK_SPEC: the text of the file]',
  });
}

function addOption(yargs: Argv, name: FieldName, group: string, withAliases: boolean, hidden: boolean): void {
  const field: Field = table[name];
  const choices = field.choices === undefined ? '' : `: ${field.choices.join(', ')}`;
  const env = field.env === undefined ? '' : ` [${field.env.join(', ')}]`;
  // Values stay text here: the table converts them, so that error messages can show them. `--flag` alone means true.
  const isSwitch = typeof field.default === 'boolean';
  yargs.option(flagOf(name), {
    alias: withAliases ? field.flagAlias : undefined,
    group,
    hidden,
    ...(isSwitch ? { type: 'boolean' as const, default: undefined } : { type: 'string' as const, requiresArg: true }),
    describe: `${field.help}${choices}${env} (default: ${describeDefault(field)})`,
  });
}

/** Returns the defaults of a field, for `--help`. */
export function describeDefault({ default: usual, defaultNote = 'none', embeddedDefault }: Field): string {
  const embedded = embeddedDefault === undefined ? '' : `; embedded target: ${String(embeddedDefault)}`;
  return `${usual === undefined ? defaultNote : String(usual)}${embedded}`;
}

/**
 * Reads the spec of a command: flags, then the environment, then the file, then the defaults. Reports all problems at
 * once.
 *
 * @param isEmbedded whether the defaults of an embedded target apply
 */
export function readSpec(
  argv: Readonly<Record<string, unknown>>,
  isEmbedded: boolean,
  env: NodeJS.ProcessEnv = process.env,
): { input: SpecInput; spec: BenchmarkSpec } {
  refuseRepeated(argv);
  // The namespace of the user's cluster does not exist on an embedded target.
  const { TEMPORAL_NAMESPACE: _, ...withoutNamespace } = env;
  const layers = [...givenLayers(argv, isEmbedded ? withoutNamespace : env), ...(isEmbedded ? [embeddedLayer()] : [])];
  const { input, sources } = joinLayers(layers);
  const parsed = parseSpec(input, sources);
  if (!parsed.ok) throw badConfiguration(describeProblems(parsed.problems, flagName));
  return { input, spec: parsed.spec };
}

/** Throws a configuration error that names every flag of the spec that is set more than once. */
export function refuseRepeated(argv: Readonly<Record<string, unknown>>): void {
  const repeated = fieldNames.filter((name) => Array.isArray(argv[name]));
  if (repeated.length > 0)
    throw badConfiguration(repeated.map((name) => `${flagName(name)} is set more than once; set it once`).join('\n'));
}

/** Returns the profile that the flags, the environment or the file name, unchecked: it decides what the target is. */
export function readTargetProfile(
  argv: Readonly<Record<string, unknown>>,
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const { targetProfile } = joinLayers(givenLayers(argv, env)).input;
  return typeof targetProfile === 'string' && targetProfile !== '' ? targetProfile : undefined;
}

/** Returns what the user has set, the strongest first: flags, environment, files. */
export function givenLayers(argv: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv): Layer[] {
  return [
    flagLayer(argv),
    environmentLayer(env),
    ...(env.BENCHMARK_SPEC ? [fileLayer('BENCHMARK_SPEC', readText('BENCHMARK_SPEC', env.BENCHMARK_SPEC))] : []),
    ...(typeof argv.spec === 'string'
      ? [fileLayer(argv.spec, readText(argv.spec, readTextFile('--spec', argv.spec)))]
      : []),
  ];
}

/** @param name where the text came from, for error messages */
function readText(name: string, text: string): SpecInput {
  let content: unknown;
  try {
    content = parseYaml(text, { maxAliasCount: 100 });
  } catch (err) {
    throw badConfiguration(`${name} is neither YAML nor JSON: ${(err as Error).message.split('\n')[0]}`);
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) {
    if (!('schemaVersion' in content)) return content as SpecInput;
    throw badConfiguration(`${name} is a result, not a spec; write its \`config\` to a file of its own and use that`);
  }
  throw badConfiguration(`${name} is not a spec; expected an object with the fields of a spec, such as rate: 50`);
}
