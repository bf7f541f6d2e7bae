import { existsSync, readFileSync } from 'node:fs';
import type { Argv } from 'yargs';
import { parse as parseYaml } from 'yaml';
import type { Field } from '../spec/fields';
import { environmentLayer, fileLayer, flagLayer, embeddedLayer, joinLayers } from '../spec/layers';
import { describeProblems, parseSpec, type BenchmarkSpec, type SpecInput } from '../spec/parse';
import { fieldNames, flagOf, table, type FieldName } from '../spec/table';
import { badConfiguration } from './errors';

/** The field's other name among people who think of processes. */
const ALIASES: Partial<Record<FieldName, string>> = { lanes: 'generators' };

/** A flag for every field of the spec, out of the one table. */
export function withSpecOptions<T>(yargs: Argv<T>): Argv<T> {
  for (const name of fieldNames) {
    const field: Field = table[name];
    const env = field.env?.length ? ` [${field.env.join(', ')}]` : '';
    const fallback = field.default === undefined ? (field.otherwise ?? 'unset') : String(field.default);
    const embedded = field.embeddedDefault === undefined ? '' : `; embedded server: ${String(field.embeddedDefault)}`;
    const isFlag = field.expected === 'true or false';
    yargs.option(flagOf(name), {
      alias: ALIASES[name],
      group: 'Benchmark:',
      // Text as it was written; the table says what it means, so that messages can show it. `--flag` alone is true.
      ...(isFlag ? { type: 'boolean' as const, default: undefined } : { type: 'string' as const, requiresArg: true }),
      describe: `${field.help}${env} (default: ${fallback}${embedded})`,
    });
  }
  return yargs.option('spec', {
    type: 'string',
    requiresArg: true,
    group: 'Benchmark:',
    describe:
      "Read the spec from a YAML or JSON file; a result's `config` is one too [BENCHMARK_SPEC holds the text itself]",
  });
}

/** Flag > environment > file > default; every problem at once, before anything is contacted. */
export function readSpec(
  argv: Readonly<Record<string, unknown>>,
  atHome: boolean,
  env = process.env,
): { input: SpecInput; spec: BenchmarkSpec } {
  const repeated = fieldNames.filter((name) => Array.isArray(argv[name]));
  if (repeated.length > 0)
    throw badConfiguration(
      repeated.map((name) => `--${flagOf(name)} was given more than once; give it once`).join('\n'),
    );
  const layers = [
    flagLayer(argv),
    environmentLayer(env),
    ...(env.BENCHMARK_SPEC ? [fileLayer('BENCHMARK_SPEC', readText('BENCHMARK_SPEC', env.BENCHMARK_SPEC))] : []),
    ...(typeof argv.spec === 'string' ? [fileLayer(argv.spec, readFile(argv.spec))] : []),
    ...(atHome ? [embeddedLayer()] : []),
  ];
  const { input, sources } = joinLayers(layers);
  const parsed = parseSpec(input, sources);
  if (!parsed.ok) throw badConfiguration(describeProblems(parsed.problems));
  return { input, spec: parsed.spec };
}

function readFile(path: string): SpecInput {
  if (!existsSync(path)) throw badConfiguration(`--spec: there is no file ${JSON.stringify(path)}`);
  return readText(`--spec: ${path}`, readFileSync(path, 'utf8'));
}

function readText(where: string, text: string): SpecInput {
  let content: unknown;
  try {
    content = parseYaml(text);
  } catch (err) {
    throw badConfiguration(`${where} is neither YAML nor JSON: ${(err as Error).message.split('\n')[0]}`);
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content as SpecInput;
  throw badConfiguration(`${where} must hold an object with fields of a spec`);
}
