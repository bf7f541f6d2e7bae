import { readFileSync, readSync } from 'node:fs';
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
    return path === STDIN ? readStdin() : readFileSync(path, 'utf8');
  } catch (err) {
    const { code, message } = err as NodeJS.ErrnoException;
    const file = `the file ${JSON.stringify(path)}`;
    if (code === 'ENOENT') throw badConfiguration(`${name}: ${file} does not exist`);
    if (code === 'EISDIR') throw badConfiguration(`${name}: ${JSON.stringify(path)} is a folder; expected a file`);
    throw badConfiguration(`${name}: ${file} cannot be read: ${message}`);
  }
}

/** How long an empty pipe is left alone, milliseconds. */
const PAUSE_MS = 10;

/** Reads standard input to its end. A pipe that does not block, and that its writer has not filled yet, is read again. */
function readStdin(): string {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.alloc(65_536);
    try {
      const length = readSync(0, chunk);
      if (length === 0) return Buffer.concat(chunks).toString();
      chunks.push(chunk.subarray(0, length));
    } catch (err) {
      const { code } = err as NodeJS.ErrnoException;
      // This is how Windows reports the end of a pipe.
      if (code === 'EOF') return Buffer.concat(chunks).toString();
      if (code !== 'EAGAIN') throw err;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}
