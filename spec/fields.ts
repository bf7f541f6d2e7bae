import { z } from 'zod';
import { DURATION_PATTERN, parseDuration } from './duration';

/** What a field means and where its value comes from. */
export interface FieldOptions<T> {
  /** What the value does, for `--help` and docs/spec.md. */
  readonly help: string;
  /** Environment variables that set the field. If several are set, the first one in this list applies. */
  readonly env?: readonly string[];
  /** Other name of the flag, without dashes. */
  readonly flagAlias?: string;
  /** The default on a user's own target. Absent if the default depends on other fields. */
  readonly default?: T;
  /** The default on an embedded target, which shares one machine with the load generator. */
  readonly embeddedDefault?: T;
  /** Description of the default if `default` is absent, for `--help` and docs/spec.md. */
  readonly defaultNote?: string;
}

/** How a field's value is checked and read. */
interface FieldType<S extends z.ZodType> {
  readonly schema: S;
  /** The expected values, as a phrase that completes "expected …". */
  readonly expected: string;
  /** The values of a {@link choice}. */
  readonly choices?: readonly string[];
  /** Converts the text of a flag or variable. Returns text that it cannot convert unchanged: the schema rejects it. */
  readonly fromText: (text: string) => unknown;
}

/** One field of the spec. Types, checks, flags, variables, help and the JSON Schema are all derived from it. */
export interface Field<S extends z.ZodType = z.ZodType> extends FieldOptions<unknown>, FieldType<S> {}

export function duration<const O extends FieldOptions<string> & { min: string; max: string }>(
  options: O,
): O & FieldType<z.ZodString> {
  const [minMs, maxMs] = [parseDuration(options.min)!, parseDuration(options.max)!];
  const schema = z
    .string()
    .regex(new RegExp(DURATION_PATTERN))
    .refine((value) => {
      const ms = parseDuration(value);
      return ms !== undefined && ms >= minMs && ms <= maxMs;
    });
  const expected = `a duration such as 90s or 5m, from ${options.min} to ${options.max}`;
  return { ...options, schema, expected, fromText: unchanged };
}

/** @param options with `exclusiveMin`, `min` itself is not valid */
export function number<
  const O extends FieldOptions<number> & { min: number; max: number; exclusiveMin?: boolean; unit?: string },
>(options: O): O & FieldType<z.ZodNumber> {
  const { min, max, exclusiveMin, unit } = options;
  const schema = exclusiveMin ? z.number().gt(min).lte(max) : z.number().gte(min).lte(max);
  const range = exclusiveMin ? `above ${min}, up to ${max}` : `from ${min} to ${max}`;
  return { ...options, schema, expected: `a number ${range}${unit ? ` ${unit}` : ''}`, fromText: toNumber };
}

export function integer<const O extends FieldOptions<number> & { min: number; max: number }>(
  options: O,
): O & FieldType<z.ZodInt> {
  const { min, max } = options;
  const schema = z.int().gte(min).lte(max);
  return { ...options, schema, expected: `a whole number from ${min} to ${max}`, fromText: toNumber };
}

export function boolean<const O extends FieldOptions<boolean>>(options: O): O & FieldType<z.ZodBoolean> {
  return { ...options, schema: z.boolean(), expected: 'true or false', fromText: (text) => parseBoolean(text) ?? text };
}

export function choice<
  const C extends readonly [string, ...string[]],
  const O extends FieldOptions<C[number]> & { choices: C },
>(options: O & { choices: C }): O & FieldType<z.ZodType<C[number], C[number]>> {
  const { choices } = options;
  return { ...options, schema: z.enum(choices), expected: `one of ${choices.join(', ')}`, fromText: unchanged };
}

/** @param options `isValid` is the check beyond the pattern */
export function text<
  const O extends FieldOptions<string> & { pattern: RegExp; isValid?: (value: string) => boolean; expected: string },
>(options: O): O & FieldType<z.ZodString> {
  const { pattern, isValid = () => true } = options;
  return { ...options, schema: z.string().regex(pattern).refine(isValid), fromText: unchanged };
}

/** A list of numbers above `min`; a flag or variable separates them with commas. */
export function numberList<
  const O extends FieldOptions<number[]> & { min: number; max: number; maxItems: number; unit: string },
>(options: O): O & FieldType<z.ZodArray<z.ZodNumber>> {
  const { min, max, maxItems, unit } = options;
  return {
    ...options,
    schema: z.array(z.number().gt(min).lte(max)).min(1).max(maxItems),
    expected: `1 to ${maxItems} numbers above ${min}, up to ${max} ${unit}, such as 25,50,100`,
    fromText: (list) => list.split(',').map((item) => toNumber(item.trim())),
  };
}

/** Returns undefined if the text is neither true nor false. */
export function parseBoolean(text: string): boolean | undefined {
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  return undefined;
}

function unchanged(text: string): string {
  return text;
}

/** Returns the text itself if it is not a number, so that the error message can show it. */
function toNumber(text: string): unknown {
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
