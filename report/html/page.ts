import { readableMs, readableRate } from '../../measurement/format/durations';
import type { BenchmarkResult } from '../result-schema';
import { capacitySection } from './capacity-section';
import { processes, reproduce } from './details';
import { iterationsChart, latencyOverRate, percentiles } from './hold-charts';
import { markup, Markup, section, table } from './markup';
import { SCRIPT } from './script';
import { accountBar, findingCards, verdictStrip } from './sections';
import { serverMetrics } from './server-section';
import { STYLE } from './style';
import { overTime } from './time-charts';

/**
 * Returns a page that shows results: one file, which loads nothing and needs no script to be read.
 *
 * @param results at least one
 * @param scriptHash the SHA-256 of {@link SCRIPT} in base64: the only script that the page allows
 */
export function renderHtml(results: readonly BenchmarkResult[], scriptHash: string): string {
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'`;
  const title = results.map(({ outcome, runId }) => `${outcome} ${runId}`).join(', ');
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>${results.length > 1 ? overview(results) : ''}${results.map(article)}
<script>${new Markup(SCRIPT)}</script>
</body>
</html>`;
  return `${page.text}\n`;
}

function overview(results: readonly BenchmarkResult[]): Markup {
  return section(
    'overview',
    'Results',
    table(
      ['run', 'outcome', 'started', 'completed', 'p50', 'p99'],
      results.map(({ runId, outcomes, timestamp, results: { rates, latency } }, i) => [
        markup`<a href="#result-${i}">${runId}</a>`,
        outcomes.join(', '),
        timestamp.slice(0, 16).replace('T', ' '),
        readableRate(rates.completed),
        readableMs(latency.p50),
        readableMs(latency.p99),
      ]),
    ),
  );
}

function article(result: BenchmarkResult, i: number): Markup {
  return markup`<article class="result" id="result-${i}">
    ${verdictStrip(result)}${[
      capacitySection(result),
      latencyOverRate(result),
      iterationsChart(result),
      overTime(result),
      percentiles(result),
      serverMetrics(result),
      findingCards(result),
      accountBar(result),
      processes(result),
      reproduce(result),
    ]}
  </article>`;
}
