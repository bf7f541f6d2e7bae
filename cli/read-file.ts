import { readFileSync } from 'node:fs';
import { badConfiguration } from './errors';

/** The path that stands for the argument `-`. */
export const STDIN = '/dev/stdin';

/**
 * Returns the text of a file that the user named. Throws a configuration error if it cannot be read.
 *
 * @param name the flag or argument that named the file, for the error message
 */
export function readTextFile(name: string, path: string): string {
  try {
    return readFileSync(path === STDIN ? process.stdin.fd : path, 'utf8');
  } catch (err) {
    const { code, message } = err as NodeJS.ErrnoException;
    const file = `the file ${JSON.stringify(path)}`;
    if (code === 'ENOENT') throw badConfiguration(`${name}: ${file} does not exist`);
    if (code === 'EISDIR') throw badConfiguration(`${name}: ${JSON.stringify(path)} is a folder; expected a file`);
    throw badConfiguration(`${name}: ${file} cannot be read: ${message}`);
  }
}
