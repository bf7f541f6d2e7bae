import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateDir } from '../machine/paths';
import { calibrationSchema, noiseFloorOf, type Calibration, type NoiseFloor } from '../report/compare/noise-floor';
import type { BenchmarkResult } from '../report/result-schema';
import { badConfiguration } from './errors';
import { readTextFile } from './read-file';

/** Returns the file in which the calibration with this key is stored. */
export function calibrationFile(key: string): string {
  const name = createHash('sha256').update(key).digest('hex').slice(0, 16);
  return join(stateDir(), 'calibrations', `${name}.json`);
}

/** Stores a calibration, which replaces an earlier one with the same key. Returns its file. */
export function storeCalibration(calibration: Calibration): string {
  const file = calibrationFile(calibration.key);
  const draft = `${file}.${process.pid}.tmp`;
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(draft, `${JSON.stringify(calibration, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
  return file;
}

/**
 * Returns the noise floor of a comparison; null if it is switched off, or if a result has no calibration of its own load,
 * machine and target. Throws a configuration error if the named file does not apply to every result.
 *
 * @param named `off`, or the file of a calibration; undefined for the stored calibrations
 */
export function findNoiseFloor(results: readonly BenchmarkResult[], named: string | undefined): NoiseFloor | null {
  if (named === 'off') return null;
  if (named === undefined) return noiseFloorOf(results, findStored) ?? null;
  const calibration = parseCalibration(readTextFile('--noise-floor', named));
  if (calibration === undefined)
    throw badConfiguration(
      `--noise-floor: ${named} is not a calibration; expected off, or a file of benchmark compare --calibrate`,
    );
  const found = noiseFloorOf(results, (key) => (key === calibration.key ? { calibration, from: named } : undefined));
  if (found) return found;
  throw badConfiguration(
    `--noise-floor: ${named} is a calibration of another load, machine or target; expected that of the results`,
  );
}

/** The damaged files that were reported. */
const reported = new Set<string>();

/** Returns the stored calibration with a key. A damaged file is reported on stderr and not used. */
function findStored(key: string): { calibration: Calibration; from: string } | undefined {
  const file = calibrationFile(key);
  if (!existsSync(file)) return undefined;
  const calibration = parseCalibration(readFileSync(file, 'utf8'));
  if (calibration?.key === key) return { calibration, from: file };
  if (!reported.has(file))
    process.stderr.write(
      `Warning: the calibration ${file} is damaged and is not used; repeat it, or remove the file\n`,
    );
  reported.add(file);
  return undefined;
}

function parseCalibration(text: string): Calibration | undefined {
  try {
    return calibrationSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
