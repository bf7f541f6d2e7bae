import type { Argv } from 'yargs';
import {
  compareResults,
  DEFAULT_TOLERANCE,
  NotComparableError,
  type Comparison,
} from '../report/compare/compare-results';
import type { BenchmarkResult } from '../report/result-schema';
import { badConfiguration } from './errors';
import { invalidSetting } from './settings';

/** The option that sets the smallest change that counts as a difference. */
export function withToleranceOption<T>(yargs: Argv<T>, group = 'Options:'): Argv<T> {
  return yargs.option('tolerance', {
    type: 'string',
    requiresArg: true,
    group,
    describe: `Smallest change that counts as a difference, in percent (default: ${DEFAULT_TOLERANCE * 100})`,
  });
}

/** Returns the tolerance as a share. Throws a configuration error if it is invalid. */
export function toleranceOf(argv: Readonly<Record<string, unknown>>): number {
  if (argv.tolerance === undefined) return DEFAULT_TOLERANCE;
  const [, number] = /^(\d+(?:\.\d+)?)\s*%?$/.exec(String(argv.tolerance)) ?? [];
  const tolerance = Number(number) / 100;
  if (tolerance > 0 && tolerance <= 1) return tolerance;
  throw invalidSetting('--tolerance', argv.tolerance, 'a percentage above 0, up to 100');
}

/** Compares the results of runs; a configuration error reports why they cannot be compared. */
export function compareOrRefuse(
  base: readonly BenchmarkResult[],
  changed: readonly BenchmarkResult[],
  tolerance: number,
): Comparison {
  return orRefuse(() => compareResults(base, changed, tolerance));
}

/** Returns what `compare` returns; a configuration error reports why the results cannot be compared. */
export function orRefuse<T>(compare: () => T): T {
  try {
    return compare();
  } catch (err) {
    if (err instanceof NotComparableError) throw badConfiguration(err.message);
    throw err;
  }
}
