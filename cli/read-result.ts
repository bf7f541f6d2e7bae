import { resultSchema, type BenchmarkResult } from '../report/result-schema';
import { badConfiguration } from './errors';
import { readTextFile } from './read-file';

/**
 * Reads a result.json. Throws a configuration error if it cannot be read or is not a result.
 *
 * @param name the flag or argument that named the file, for the error message
 */
export function readResult(name: string, path: string): BenchmarkResult {
  const text = readTextFile(name, path);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (err) {
    throw badConfiguration(`${name}: ${path} is not JSON: ${(err as Error).message}`);
  }
  const parsed = resultSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue!.path.length === 0 ? '' : `${issue!.path.join('.')}: `;
  throw badConfiguration(`${name}: ${path} is not a result.json of this version: ${where}${issue!.message}`);
}
