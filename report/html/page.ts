import { clock, readableMs, readableRate } from '../../measurement/format/durations';
import type { BenchmarkResult } from '../result-schema';
import { capacitySection } from './capacity-section';
import { processes, reproduce } from './details';
import { iterationsChart, latencyOverRate, percentiles } from './hold-charts';
import { markup, Markup, section, table } from './markup';
import { liveStrip, type LiveStatus } from './live-strip';
import { LIVE_SCRIPT, SCRIPT } from './script';
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
  const body = markup`${results.length > 1 ? overview(results) : ''}${results.map(article)}`;
  return document(titleOf(results), policy, body, SCRIPT);
}

function titleOf(results: readonly BenchmarkResult[]): string {
  return results.map(({ outcome, runId }) => `${outcome} ${runId}`).join(', ');
}

function document(title: string, policy: string, body: Markup, script: string): string {
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>${body}
<script>${new Markup(script)}</script>
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
  return markup`<article class="result" id="result-${i}">${partsOf(result)}</article>`;
}

/** Returns the parts of a page of one result, in order; a part that does not apply is empty. */
function partsOf(result: BenchmarkResult): Markup[] {
  return [
    verdictStrip(result),
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
  ];
}

/** What a live page shows at one time: the same parts in the same order, so that a browser replaces only what has changed. */
export interface PageContent {
  readonly title: string;
  readonly parts: readonly string[];
  /** Whether the run has ended, so that nothing follows. */
  readonly isFinal: boolean;
}

/** Returns the content of the page of a finished run: that of {@link renderHtml}. */
export function finalContent(result: BenchmarkResult): PageContent {
  return { title: titleOf([result]), parts: partsOf(result).map(({ text }) => text), isFinal: true };
}

/**
 * Returns the content of the page of a run in progress.
 *
 * @param result the result so far; undefined if it is unknown
 */
export function liveContent(status: LiveStatus, result?: BenchmarkResult): PageContent {
  const { load, phase, runId } = status;
  const parts =
    result === undefined
      ? [liveStrip(status)]
      : [
          liveStrip(status, result),
          capacitySection(result, true),
          latencyOverRate(result),
          iterationsChart(result),
          overTime(result),
          percentiles(result),
          serverMetrics(result),
          markup``,
          accountBar(result, true),
          processes(result),
          reproduce(result),
        ];
  const place = load ? `${clock(load.elapsedMs)} of ${clock(load.durationMs)}` : phase;
  return { title: `${place} ${runId}`.trim(), parts: parts.map(({ text }) => text), isFinal: false };
}

/** Returns the page that shows a run in progress and is updated by the server that serves it. */
export function renderLiveHtml({ title, parts }: PageContent, scriptHash: string): string {
  const slots = parts.map((part) => markup`<div class="part">${new Markup(part)}</div>`);
  const body = markup`<p id="connection" role="status"></p><article class="result" id="result-0">${slots}</article>`;
  const policy = `default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; script-src 'sha256-${scriptHash}'`;
  return document(title, policy, body, LIVE_SCRIPT);
}
