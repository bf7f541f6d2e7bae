import { z } from 'zod';
import { DURATION_PATTERN, formatDuration, parseDuration } from './duration';

/** One row of the table from which types, checks, help, flags, variables and the JSON Schema all come. */
export interface Field<S extends z.ZodType = z.ZodType> extends About<unknown> {
  readonly schema: S;
  /** What is expected, in words, for error messages and the reference. */
  readonly expected: string;
  /** How a flag's or a variable's text becomes a value; what it cannot read stays text and fails the check. */
  readonly from: (text: string) => unknown;
}

export interface About<T> {
  /** What the value does, for `--help` and the reference. */
  readonly help: string;
  /** Environment variables that set it; the first that is set wins. */
  readonly env?: readonly string[];
  /** The default on a real cluster; absent where the default depends on other fields. */
  readonly default?: T;
  /** The default against the embedded server, which shares one machine with everything else. */
  readonly embeddedDefault?: T;
  /** How an absent default comes about, for the reference. */
  readonly otherwise?: string;
}

interface Built<S extends z.ZodType> {
  readonly schema: S;
  readonly expected: string;
  readonly from: (text: string) => unknown;
}

export function duration<const A extends About<string> & { min: string; max: string }>(
  about: A,
): A & Built<z.ZodString> {
  const [min, max] = [parseDuration(about.min)!, parseDuration(about.max)!];
  const schema = z
    .string()
    .regex(new RegExp(DURATION_PATTERN))
    .refine((text) => {
      const ms = parseDuration(text);
      return ms !== undefined && ms >= min && ms <= max;
    });
  const expected = `a duration such as 90s or 5m, from ${formatDuration(min)} to ${formatDuration(max)}`;
  return { ...about, schema, expected, from: (text: string) => text };
}

export function number<const A extends About<number> & { min: number; max: number; above?: boolean; unit?: string }>(
  about: A,
): A & Built<z.ZodNumber> {
  const { min, max, above, unit } = about;
  const schema = above ? z.number().gt(min).lte(max) : z.number().gte(min).lte(max);
  const range = above ? `above ${min}, up to ${max}` : `from ${min} to ${max}`;
  return { ...about, schema, expected: `a number ${range}${unit ? ` ${unit}` : ''}`, from: toNumber };
}

export function integer<const A extends About<number> & { min: number; max: number }>(about: A): A & Built<z.ZodInt> {
  const schema = z.int().gte(about.min).lte(about.max);
  return { ...about, schema, expected: `a whole number from ${about.min} to ${about.max}`, from: toNumber };
}

export function flag<const A extends About<boolean>>(about: A): A & Built<z.ZodBoolean> {
  const from = (text: string) =>
    text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text;
  return { ...about, schema: z.boolean(), expected: 'true or false', from };
}

export function choice<const T extends readonly [string, ...string[]], const A extends About<T[number]> & { of: T }>(
  about: A & { of: T },
): A & Built<z.ZodType<T[number], T[number]>> {
  return {
    ...about,
    schema: z.enum(about.of),
    expected: `one of ${about.of.join(', ')}`,
    from: (text: string) => text,
  };
}

export function text<
  const A extends About<string> & { pattern: RegExp; accepts?: (value: string) => boolean; expected: string },
>(about: A): A & Built<z.ZodString> {
  const { pattern, accepts = () => true } = about;
  return { ...about, schema: z.string().regex(pattern).refine(accepts), from: (value: string) => value };
}

export function numbers<const A extends About<number[]> & { min: number; max: number; most: number; unit: string }>(
  about: A,
): A & Built<z.ZodArray<z.ZodNumber>> {
  const { min, max, most, unit } = about;
  return {
    ...about,
    schema: z.array(z.number().gt(min).lte(max)).min(1).max(most),
    expected: `1 to ${most} numbers above ${min}, up to ${max} ${unit}, e.g. 25,50,100`,
    from: (value: string) => value.split(',').map((one) => toNumber(one.trim())),
  };
}

/** Text that is no number stays text, so that the message can show what was written. */
function toNumber(value: string): unknown {
  return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
}
