import { z } from 'zod';
import { markdownTable } from '../measurement/format/markdown-table';
import { REPLACED_BY_SEARCH } from './capacity';
import type { Field } from './fields';
import { specSchema } from './parse';
import { flagName } from './problems';
import { searchFieldNames, searchFields, type SearchFieldName } from './search-fields';
import { fieldGroups, table, type FieldName } from './table';

/** Returns the JSON Schema of a spec, which is published as schemas/spec.schema.json. */
export function specJsonSchema(): object {
  const schema = z.toJSONSchema(specSchema, { io: 'input' }) as Record<string, unknown>;
  return { title: 'BenchmarkSpec', ...schema };
}

/** Returns the JSON Schema of the input of a capacity search, which is published as schemas/capacity.schema.json. */
export function capacityJsonSchema(): object {
  const run = z.toJSONSchema(specSchema, { io: 'input' }) as { properties: Record<string, unknown> };
  const kept = Object.entries(run.properties).filter(([field]) => !(field in REPLACED_BY_SEARCH));
  const own = searchFieldNames.map((name) => {
    const { schema, help, expected, default: fallback }: Field = searchFields[name];
    const { $schema: _, ...described } = z.toJSONSchema(schema.describe(`${help}. Allowed values: ${expected}.`));
    return [name, fallback === undefined ? described : { ...described, default: fallback }] as const;
  });
  const description = 'The input of a capacity search. Every field is optional.';
  return { title: 'CapacityInput', ...run, description, properties: Object.fromEntries([...own, ...kept]) };
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
        names.map((name) => cellsOf(name, table[name])),
      ),
    ]),
    '## Capacity search',
    '',
    'The input of `benchmark capacity` and of the workflow `CapacitySearch` has these fields and those above, except',
    `${Object.keys(REPLACED_BY_SEARCH)
      .map((name) => `\`${name}\``)
      .join(', ')}.`,
    '[capacity.md](capacity.md) describes the search.',
    '',
    ...markdownTable(
      ['field', 'flag', 'environment variable', 'default', 'description', 'allowed values'],
      searchFieldNames.map((name) => cellsOf(name, searchFields[name])),
    ),
  ].join('\n');
}

function cellsOf(name: FieldName | SearchFieldName, field: Field): string[] {
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
