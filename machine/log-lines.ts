import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { BenchmarkResult } from '../report/result-schema';

/** Data per line. Container logs split lines that are longer than 16 KB. */
const MAX_DATA_PER_LINE = 8000;

const part = z.object({
  benchmarkResult: z.object({
    workflowId: z.string(),
    part: z.number(),
    of: z.number(),
    sha256: z.string(),
    data: z.string(),
  }),
});
type Part = z.infer<typeof part>['benchmarkResult'];

/** Returns a result as lines for a log. {@link fromLogLines} restores it, even if other lines are mixed in. */
export function toLogLines(result: BenchmarkResult): string[] {
  const data = gzipSync(JSON.stringify(result)).toString('base64');
  const sha256 = createHash('sha256').update(data).digest('hex');
  const of = Math.ceil(data.length / MAX_DATA_PER_LINE);
  return Array.from({ length: of }, (_, i) => {
    const piece = data.slice(i * MAX_DATA_PER_LINE, (i + 1) * MAX_DATA_PER_LINE);
    const { workflowId } = result;
    return JSON.stringify({ benchmarkResult: { workflowId, part: i + 1, of, sha256, data: piece } satisfies Part });
  });
}

/** Returns the results of which all parts are present, each once, in the order in which their last parts appear. */
export function fromLogLines(lines: readonly string[]): unknown[] {
  const parts = new Map<string, Map<number, Part>>();
  const results = new Map<string, unknown>();
  for (const line of lines) {
    const found = readPart(line);
    if (!found || results.has(found.sha256)) continue;
    const known = parts.get(found.sha256) ?? new Map<number, Part>();
    parts.set(found.sha256, known.set(found.part, found));
    if (known.size < found.of) continue;
    const data = Array.from({ length: found.of }, (_, i) => known.get(i + 1)?.data ?? '').join('');
    if (createHash('sha256').update(data).digest('hex') !== found.sha256) continue;
    results.set(found.sha256, JSON.parse(gunzipSync(Buffer.from(data, 'base64')).toString()));
  }
  return [...results.values()];
}

function readPart(line: string): Part | undefined {
  if (!line.includes('"benchmarkResult"')) return undefined;
  try {
    return part.parse(JSON.parse(line)).benchmarkResult;
  } catch {
    return undefined;
  }
}
