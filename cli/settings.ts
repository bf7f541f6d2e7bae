import { parseBoolean } from '../spec/fields';
import { badConfiguration } from './errors';

/** A value that a flag or an environment variable has set. */
export interface Setting {
  /** The flag or variable, e.g. `--connect-timeout`, for error messages. */
  readonly name: string;
  readonly value: string;
}

type Flags = Readonly<Record<string, unknown>>;
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the value of a flag, or else of the first variable that is set. An empty variable counts as unset.
 *
 * @param flag the flag without dashes
 */
export function readSetting(
  argv: Flags,
  flag: string,
  variables: readonly string[],
  env: Environment = process.env,
): Setting | undefined {
  if (argv[flag] !== undefined) return { name: `--${flag}`, value: String(argv[flag]) };
  const variable = variables.find((name) => env[name]);
  return variable === undefined ? undefined : { name: variable, value: env[variable]! };
}

/** Reports whether a switch is on. Throws a configuration error if its variable is neither true nor false. */
export function isSwitchedOn(argv: Flags, flag: string, variable: string, env: Environment = process.env): boolean {
  const setting = readSetting(argv, flag, [variable], env);
  return setting !== undefined && toBoolean(setting);
}

function toBoolean({ name, value }: Setting): boolean {
  const parsed = parseBoolean(value);
  if (parsed === undefined) throw invalidSetting(name, value, 'true or false');
  return parsed;
}

/** Returns the error for a flag, variable or argument with an invalid value. */
export function invalidSetting(name: string, value: unknown, expected: string): Error {
  return badConfiguration(`${name}: ${JSON.stringify(value)} is invalid; expected ${expected}`);
}

/** Returns the whole number of a setting. Throws a configuration error if it is out of range. */
export function toWholeNumber(name: string, value: unknown, min: number, max: number): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw invalidSetting(name, value, `a whole number from ${min} to ${max}`);
}
