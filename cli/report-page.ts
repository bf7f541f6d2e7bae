import { createHash } from 'node:crypto';
import { renderHtml, renderLiveHtml, type PageContent } from '../report/html/page';
import { LIVE_SCRIPT, SCRIPT } from '../report/html/script';
import type { BenchmarkResult } from '../report/result-schema';

/** Returns the page of results: one file that loads nothing and allows no script but its own. */
export function reportPage(results: readonly BenchmarkResult[]): string {
  return renderHtml(results, hashOf(SCRIPT));
}

/** Returns the page of a run in progress, which allows no script but its own and connects only to the server that serves it. */
export function livePage(content: PageContent): string {
  return renderLiveHtml(content, hashOf(LIVE_SCRIPT));
}

function hashOf(script: string): string {
  return createHash('sha256').update(script).digest('base64');
}
