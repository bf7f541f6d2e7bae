import { resultJsonSchema } from '../report/result-schema';
import { capacityJsonSchema, specJsonSchema } from '../spec/reference';

/** The part of JSON Schema that the schemas of this project use. */
interface Schema {
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
}

const SCALARS: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
};

/** Returns schemas/index.d.ts: the types of a result and of the input of both workflows, for TypeScript programs that use the package. */
export function typeDeclarations(): string {
  const schemas = [resultJsonSchema(), specJsonSchema(), capacityJsonSchema()] as Schema[];
  return [
    '// Generated from the JSON Schemas in this folder by `npm run generate`.',
    ...schemas.map((schema) => `${comment(schema, '')}export interface ${schema.title} ${membersOf(schema, '')}`),
    '',
  ].join('\n\n');
}

/** Returns the type of a value that the schema accepts. Throws for a part of JSON Schema that it does not know. */
export function typeOf(schema: Schema, indent = ''): string {
  const { type, anyOf, items, properties, additionalProperties } = schema;
  const values = 'const' in schema ? [schema.const] : schema.enum;
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(' | ');
  if (anyOf !== undefined) return anyOf.map((one) => typeOf(one, indent)).join(' | ');
  if (Array.isArray(type)) return type.map((one: string) => typeOf({ ...schema, type: one }, indent)).join(' | ');
  if (type === 'array' && items !== undefined) return `Array<${typeOf(items, indent)}>`;
  if (properties !== undefined) return membersOf(schema, indent);
  if (type === 'object' && typeof additionalProperties === 'object')
    return `Record<string, ${typeOf(additionalProperties, indent)}>`;
  const scalar = type === undefined ? 'unknown' : SCALARS[type as string];
  if (scalar !== undefined) return scalar;
  throw new Error(`no TypeScript type for the schema ${JSON.stringify(schema)}`);
}

function membersOf({ properties = {}, required = [] }: Schema, indent: string): string {
  const inner = `${indent}  `;
  const members = Object.entries(properties).map(([name, schema]) => {
    const optional = required.includes(name) ? '' : '?';
    return `${comment(schema, inner)}${inner}${name}${optional}: ${typeOf(schema, inner)};\n`;
  });
  return `{\n${members.join('')}${indent}}`;
}

function comment({ description }: Schema, indent: string): string {
  return description === undefined ? '' : `${indent}/** ${description} */\n`;
}
