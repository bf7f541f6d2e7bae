import type { BenchmarkResult } from '../../report/result-schema';
import type { BenchmarkResult as PublishedResult } from '../../schemas';
import { typeOf } from '../../scripts/type-declarations';

/** tsc fails here if a published type differs from that of the code. */
export const same = {
  published: (result: BenchmarkResult): PublishedResult => result,
  ofTheCode: (result: PublishedResult): BenchmarkResult => result,
};

test('each part of JSON Schema that the schemas use has a type', () => {
  const number = { type: 'number' };
  expect(typeOf({ const: 2, type: 'number' })).toBe('2');
  expect(typeOf({ type: 'string', enum: ['PASSED', 'FAILED'] })).toBe('"PASSED" | "FAILED"');
  expect(typeOf({ anyOf: [{ type: 'integer' }, { type: 'string', const: 'unknown' }] })).toBe('number | "unknown"');
  expect(typeOf({ type: ['number', 'null'] })).toBe('number | null');
  expect(typeOf({ type: 'array', items: { anyOf: [number, { type: 'boolean' }] } })).toBe('Array<number | boolean>');
  expect(typeOf({ type: 'object', additionalProperties: {} })).toBe('Record<string, unknown>');
  expect(typeOf({ properties: { a: { ...number, description: 'Why' }, b: number }, required: ['a'] })).toBe(
    '{\n  /** Why */\n  a: number;\n  b?: number;\n}',
  );
});

test('a part of JSON Schema that has no type yet is an error', () => {
  expect(() => typeOf({ type: 'array' })).toThrow(/no TypeScript type for the schema/);
  expect(() => typeOf({ type: 'object' })).toThrow(/no TypeScript type/);
});
