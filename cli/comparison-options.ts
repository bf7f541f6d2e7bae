import type { Argv } from 'yargs';
import {
  compareResults,
  DEFAULT_TOLERANCE,
  NotComparableError,
  type Comparison,
} from '../report/compare/compare-results';
import type { NoiseFloor } from '../report/compare/noise-floor';
import type { BenchmarkResult } from '../report/result-schema';
import { badConfiguration } from './errors';
import { findNoiseFloor } from './noise-floors';
import { invalidSetting } from './settings';

type Flags = Readonly<Record<string, unknown>>;

/** Adds the options that set the smallest change that counts as a difference. */
export function withLimitOptions<T>(yargs: Argv<T>, group = 'Options:'): Argv<T> {
  return yargs
    .option('tolerance', {
      type: 'string',
      requiresArg: true,
      group,
      describe: `Smallest change that counts as a difference, in percent (default: ${DEFAULT_TOLERANCE * 100})`,
    })
    .option('noise-floor', {
      type: 'string',
      requiresArg: true,
      group,
      describe:
        'File of `benchmark compare --calibrate`, or off: smaller changes than its noise floor do not count (default: the calibration of this load, machine and target, if there is one)',
    });
}

/** What decides whether a change counts. */
export interface LimitSettings {
  /** A share. */
  readonly tolerance: number;
  /** Returns the noise floor of a comparison; null if none applies. */
  readonly noiseFloor: (results: readonly BenchmarkResult[]) => NoiseFloor | null;
}

/** Throws a configuration error if a setting is invalid. */
export function limitSettings(argv: Flags): LimitSettings {
  const named = argv.noiseFloor === undefined ? undefined : String(argv.noiseFloor);
  return { tolerance: toleranceOf(argv), noiseFloor: (results) => findNoiseFloor(results, named) };
}

/** Returns the tolerance as a share. Throws a configuration error if it is invalid. */
export function toleranceOf(argv: Flags): number {
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
  { tolerance, noiseFloor }: LimitSettings,
): Comparison {
  // What cannot be compared is reported before what cannot be calibrated.
  return orRefuse(() => {
    compareResults(base, changed, tolerance);
    return compareResults(base, changed, tolerance, noiseFloor([...base, ...changed]));
  });
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
