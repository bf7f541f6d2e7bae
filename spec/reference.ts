import { z } from 'zod';
import type { Field } from './fields';
import { specSchema } from './parse';
import { fieldNames, flagOf, table } from './table';

/** The JSON Schema of a spec, published as schemas/spec.schema.json. */
export function specJsonSchema(): object {
  const schema = z.toJSONSchema(specSchema, { io: 'input' }) as Record<string, unknown>;
  return { title: 'BenchmarkSpec', ...schema };
}

/** docs/spec.md: every field with its flag, its variables, its default and what is allowed. */
export function specReference(): string {
  const rows = fieldNames.map((name) => {
    const field: Field = table[name];
    const fallback = field.default === undefined ? (field.otherwise ?? 'unset') : `\`${String(field.default)}\``;
    const embedded =
      field.embeddedDefault === undefined ? '' : ` (embedded server: \`${String(field.embeddedDefault)}\`)`;
    const env = field.env?.map((variable) => `\`${variable}\``).join(', ') ?? '';
    return `| \`${name}\` | \`--${flagOf(name)}\` | ${env} | ${fallback}${embedded} | ${field.help}. Allowed: ${field.expected}. |`;
  });
  return [
    '# The spec',
    '',
    'Generated from `spec/table.ts` by `npm run generate`; edit it there.',
    '',
    'A flag beats the environment, which beats the file (`--spec bench.yaml`), which beats the default. "At home" is a run',
    'against the embedded target. The same names are the fields of a spec file and of the input of the workflow `BenchmarkRun`.',
    '',
    '| field | flag | environment | default | what it does |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
