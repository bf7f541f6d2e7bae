import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { badConfiguration } from './errors';

/**
 * Creates a folder, so that a result can be written into it after the run. Throws a configuration error if that is not
 * possible. It creates one level at a time: in /proc, `mkdirSync` with `recursive` does not return.
 *
 * @param name what named the folder, for the error message
 */
export function createOutFolder(name: string, dir: string): void {
  try {
    createLevel(resolve(dir));
    accessSync(dir, constants.W_OK | constants.X_OK);
  } catch (err) {
    throw badConfiguration(
      `${name}: the folder ${JSON.stringify(dir)} cannot be written to: ${(err as Error).message}`,
    );
  }
}

function createLevel(dir: string): void {
  if (existsSync(dir)) {
    if (!statSync(dir).isDirectory()) throw new Error('it is a file');
    return;
  }
  createLevel(dirname(dir));
  mkdirSync(dir);
}

/** Throws a configuration error if a server could not create this file. */
export function checkNewFile(name: string, path: string): void {
  const file = resolve(path);
  const problem = !existsSync(dirname(file))
    ? `the folder ${JSON.stringify(dirname(file))} does not exist`
    : existsSync(file) && !statSync(file).isFile()
      ? 'it is not a file'
      : undefined;
  if (problem !== undefined) throw badConfiguration(`${name}: ${JSON.stringify(path)} cannot be used: ${problem}`);
  try {
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
  } catch (err) {
    throw badConfiguration(`${name}: ${JSON.stringify(path)} cannot be written: ${(err as Error).message}`);
  }
}
