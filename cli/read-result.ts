import { fromLogLines } from '../machine/log-lines';
import { resultSchema, type BenchmarkResult } from '../report/result-schema';
import { badConfiguration } from './errors';
import { readTextFile } from './read-file';

/**
 * Reads a result.json, or the last result in a log of `benchmark run -o log`. Throws a configuration error if the file cannot be read
 * or has no result.
 *
 * @param name the flag or argument that named the file, for the error message
 */
export function readResult(name: string, path: string): BenchmarkResult {
  const text = readTextFile(name, path);
  const content = fromLogLines(text.split('\n')).at(-1) ?? parseJson(name, path, text);
  const parsed = resultSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue!.path.length === 0 ? '' : `${issue!.path.join('.')}: `;
  throw badConfiguration(`${name}: ${path} is not a result.json of this version: ${where}${issue!.message}`);
}

function parseJson(name: string, path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (err) {
    throw badConfiguration(
      `${name}: ${path} is not JSON: ${(err as Error).message}; expected a result.json, or a log with a whole result of benchmark run -o log`,
    );
  }
}
