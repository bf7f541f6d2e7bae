import { readFileSync } from 'node:fs';
import { badConfiguration } from './errors';

/**
 * Returns the text of a file that the user named. Throws a configuration error if it cannot be read.
 *
 * @param name the flag or argument that named the file, for the error message
 */
export function readTextFile(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (err) {
    const { code, message } = err as NodeJS.ErrnoException;
    const file = `the file ${JSON.stringify(path)}`;
    throw badConfiguration(
      code === 'ENOENT' ? `${name}: ${file} does not exist` : `${name}: ${file} cannot be read: ${message}`,
    );
  }
}
