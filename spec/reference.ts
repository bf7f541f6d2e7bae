import { z } from 'zod';
import { markdownTable } from '../measurement/format/markdown-table';
import type { Field } from './fields';
import { specSchema } from './parse';
import { flagName } from './problems';
import { fieldGroups, table, type FieldName } from './table';

/** Returns the JSON Schema of a spec, which is published as schemas/spec.schema.json. */
export function specJsonSchema(): object {
  const schema = z.toJSONSchema(specSchema, { io: 'input' }) as Record<string, unknown>;
  return { title: 'BenchmarkSpec', ...schema };
}

/** Returns docs/spec.md: each field with its flag, environment variables, default and allowed values. */
export function specReference(): string {
  return [
    '# The spec',
    '',
    'A spec defines a benchmark run. Every field is optional. There are three ways to set a field, from the strongest to the',
    'weakest:',
    '',
    '1. a flag of `benchmark run` or `benchmark start`,',
    '2. an environment variable,',
    '3. a YAML or JSON file: `--spec bench.yaml`, or its text in the environment variable `BENCHMARK_SPEC`.',
    '',
    'The input of the workflow `BenchmarkRun` is a spec too, with the same field names. The `config` of a result is a spec that',
    'repeats the run.',
    '',
    'Without an address, the tool starts its own server: the embedded target. Some defaults differ for it.',
    '',
    'This page is generated from the tables in `spec/` by `npm run generate`.',
    '',
    ...Object.entries(fieldGroups).flatMap(([title, names]) => [
      `## ${title}`,
      '',
      ...markdownTable(
        ['field', 'flag', 'environment variable', 'default', 'description', 'allowed values'],
        names.map(cellsOf),
      ),
    ]),
  ].join('\n');
}

function cellsOf(name: FieldName): string[] {
  const field: Field = table[name];
  const flags = [flagName(name), ...(field.flagAlias === undefined ? [] : [`--${field.flagAlias}`])];
  const variables = field.env ?? [];
  return [code([name]), code(flags), code(variables), defaultOf(field), field.help, field.expected];
}

function defaultOf(field: Field): string {
  const usual = field.default === undefined ? (field.defaultNote ?? 'none') : `\`${String(field.default)}\``;
  return field.embeddedDefault === undefined
    ? usual
    : `${usual}; embedded target: \`${String(field.embeddedDefault)}\``;
}

function code(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
