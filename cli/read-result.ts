import { existsSync, readFileSync } from 'node:fs';
import { resultSchema, type BenchmarkResult } from '../report/result-schema';
import { badConfiguration } from './errors';

/**
 * Reads a result.json.
 *
 * @param field what it was given as, for the message
 */
export function readResult(field: string, file: string): BenchmarkResult {
  if (!existsSync(file)) throw badConfiguration(`${field}: there is no file ${JSON.stringify(file)}`);
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (err) {
    throw badConfiguration(`${field}: ${file} is not JSON: ${(err as Error).message}`);
  }
  const parsed = resultSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badConfiguration(`${field}: ${file} is no result of this version: ${issue!.path.join('.')}: ${issue!.message}`);
}
