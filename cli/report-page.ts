import { createHash } from 'node:crypto';
import { renderHtml } from '../report/html/page';
import { SCRIPT } from '../report/html/script';
import type { BenchmarkResult } from '../report/result-schema';

/** Returns the page of results: one file that loads nothing and allows no script but its own. */
export function reportPage(results: readonly BenchmarkResult[]): string {
  return renderHtml(results, createHash('sha256').update(SCRIPT).digest('base64'));
}
