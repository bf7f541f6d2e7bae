import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportPage } from '../../cli/report-page';
import { answerOf } from '../../report/answer';
import { compareResults } from '../../report/compare/compare-results';
import { BUCKET_COLUMNS } from '../../measurement/account/series';
import { MAX_ROWS, ROW_COLUMNS } from '../../measurement/server/over-time';
import { scriptJson } from '../../report/html/markup';
import { MAX_EVENTS, resultSchema, type BenchmarkResult } from '../../report/result-schema';
import { resultWithoutRun } from '../../report/result';
import { iterated } from '../support/iterated';
import { schemaErrors } from '../support/result';
import { playedResult, textOf } from '../support/shown';

const MAX_BYTES = 400 * 1024;
const NO_ITERATION = { abortReason: 'interrupted by Ctrl-C' };

const results: Readonly<Record<string, BenchmarkResult>> = {
  passed: playedResult({ rate: 40, duration: '60s' }, 100),
  failed: playedResult({ rate: 60, duration: '60s', maxP99: '50ms' }, 50),
  staircase: playedResult({ stages: [20, 40, 60, 80, 100, 120], hold: '30s', maxP99: '200ms' }, 110),
  iterations: playedResult({ rate: 30, duration: '20s', iterations: 10 }, 60),
  aborted: playedResult({ rate: 40, duration: '60s' }, 100, NO_ITERATION),
  never: resultWithoutRun('ERROR', 'the target 10.0.0.1:7233 does not respond', {}, 0),
};

beforeAll(() => {
  // scripts/screenshots.mjs draws these pages.
  const dir = process.env.BENCHMARK_TEST_PAGES;
  if (!dir) return;
  mkdirSync(dir, { recursive: true });
  for (const [name, result] of Object.entries(results)) writeFileSync(join(dir, `${name}.html`), reportPage([result]));
});

test.each(Object.entries(results))(
  'the page of a run that %s begins with the outcome and the answer',
  (_name, result) => {
    expect(schemaErrors(result)).toEqual([]);
    const text = textOf(reportPage([result]));
    expect(text).toContain(` ${result.outcomes.join(', ')} ${answerOf(result)} `);
    for (const { name } of result.thresholds.checks) expect(text).toContain(` ${name} `);
    if (result.ledger.scheduled > 0)
      expect(text).toContain(`each of ${result.ledger.scheduled} starts is accounted for`);
  },
);

test('each kind of run has its chart, and each chart over time its table', () => {
  const page = (name: string) => reportPage([results[name]!]);
  expect(page('staircase')).toContain('aria-label="Latency of each hold"');
  expect(page('iterations')).toContain('aria-label="Latency of each iteration"');
  expect(page('passed')).toContain('aria-label="Workflows per second"');
  expect(page('passed')).not.toContain('aria-label="Latency of each hold"');
  expect(textOf(page('failed'))).toContain('RESOURCE_EXHAUSTED/RPS_LIMIT/namespace');
  expect(textOf(page('passed'))).toContain('Table (one row per 0:01)');
  expect(textOf(page('passed'))).toContain('benchmark run --rate 40 --duration 60s');
  expect(page('never')).not.toContain('<svg');
});

test('whatever strings a result contains, they are text', () => {
  const hostile = `</script></style><img src=x onerror="document.title='broken'">'"&\u2028`;
  const spoil = (value: unknown): unknown => {
    if (typeof value === 'string') return `${value}${hostile}`;
    if (Array.isArray(value)) return value.map(spoil);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [/^RESOURCE/.test(key) ? `${key}${hostile}` : key, spoil(one)]),
    );
  };
  const { outcome, timestamp, series, steps, ...rest } = results.failed!;
  const spoiled = { ...(spoil(rest) as typeof rest), outcome, timestamp, series, steps };
  const page = reportPage([spoiled]);
  expect(page.match(/<(img|\/style|\/script)/g)).toEqual(['</style', '</script', '</script']);
  expect(page).toContain('&lt;img src=x onerror=');
  if (process.env.BENCHMARK_TEST_PAGES) writeFileSync(join(process.env.BENCHMARK_TEST_PAGES, 'hostile.html'), page);
});

test('JSON in a script element cannot end it', () => {
  const value = { a: '</script><!--\u2028', b: ['&'] };
  const { text } = scriptJson(value);
  expect(text).not.toMatch(/[<>&\u2028]/);
  expect(JSON.parse(text)).toEqual(value);
});

test('the page allows no script but its own, and loads nothing', () => {
  const page = reportPage(Object.values(results));
  expect(page).toMatch(/default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-[\w+/]{43}='/);
  expect(page).not.toMatch(/(src|href)="?(https?:)?\/\//);
  expect(textOf(page)).toContain('Results run outcome started completed p50 p99');
});

/** As many readings of the server and events as a result can have. */
function longRows(): number[][] {
  return Array.from({ length: MAX_ROWS }, (_, i) => [
    (i + 1) * 2500,
    ...[1, 2, 3, 4, 5, 6].map((n) => n + Math.sin(i / n)),
    0.98,
  ]);
}
const EVENTS = Array.from({ length: MAX_EVENTS }, (_, i) => ({
  atMs: i * 10_000,
  kind: 'rate-limit-began' as const,
  text: 'the server began to refuse starts: RESOURCE_EXHAUSTED/RPS_LIMIT/namespace',
}));

test('a page is at most 400 KB for ten minutes, and for ten iterations of an hour', () => {
  const server = { columns: [...ROW_COLUMNS], points: longRows() };
  const pages = {
    'ten-minutes': playedResult({ rate: 50, duration: '10m' }, 100),
    'hours-of-iterations': playedResult({ rate: 2, duration: '60m', iterations: 10, retention: '72h' }, 10),
    'fifty-holds': playedResult({ stages: Array.from({ length: 50 }, (_, i) => i + 1), hold: '30s' }, 60),
  };
  const sizes = Object.entries(pages).map(([name, result]) => {
    const page = reportPage([{ ...result, serverSeries: server, events: EVENTS }]);
    if (process.env.BENCHMARK_TEST_PAGES) writeFileSync(join(process.env.BENCHMARK_TEST_PAGES, `${name}.html`), page);
    return page.length;
  });
  expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_BYTES);
});

test('a result of an earlier version, without histograms, still renders and can be compared', () => {
  const file = join(__dirname, 'results', 'before-report.json');
  const former = resultSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  expect(former.steps.some(({ histogram }) => histogram !== undefined)).toBe(false);
  const text = textOf(reportPage([former]));
  expect(text).toContain('INVALID, FAILED');
  expect(text).toContain('Latency by percentile');
  expect(compareResults([former], [former])).toMatchObject({ outcome: 'TOO_FEW_ITERATIONS', base: { samples: 1 } });
});

test('the map of latencies has a cell for each bucket with completions, and its table their number', () => {
  const result = results.passed!;
  const page = reportPage([result]);
  const section = page.slice(page.indexOf('id="latency-over-time"'), page.indexOf('id="percentiles"'));
  const first = result.series.columns.indexOf(BUCKET_COLUMNS[0]!);
  const filled = result.series.points.flatMap((row) => row.slice(first).filter((count) => count > 0));
  const drawn = [...section.matchAll(/class="heat heat\d" d="([^"]*)"/g)].flatMap(([, d]) => d!.match(/M/g) ?? []);
  expect(drawn).toHaveLength(filled.length);
  const rows = [...section.matchAll(/<td[^>]*>\s*(\d+)\s*<\/td>/g)].map(([, count]) => Number(count));
  expect(rows.reduce((sum, count) => sum + count, 0)).toBe(result.ledger.acknowledged);
  expect(section).toContain('>p50<');
  // A result without the distribution shows mean and longest latency.
  const points = result.series.points.map((row) => row.slice(0, first));
  const older = reportPage([{ ...result, series: { ...result.series, points } }]);
  expect(older).not.toContain('class="heat');
  expect(textOf(older)).toContain('Latency from the due time mean longest');
});

test('each event has a numbered mark in the charts over time and a row in the table', () => {
  const events = [
    { atMs: 12_000, kind: 'generator-lost', text: 'the generator of lane 0 no longer reported' },
    { atMs: 14_000, kind: 'generator-replaced', text: 'another generator took over lane 0, 2 s later' },
  ] as const;
  const page = reportPage([{ ...results.passed!, events: [...events], serverSeries: SERIES }]);
  expect(page.match(/class="line event"/g)).toHaveLength(2 * 4);
  expect(textOf(page)).toContain(
    '1 · 0:12 the generator of lane 0 no longer reported 2 · 0:14 another generator took over',
  );
  // A result of an older version lists no events.
  const { events: _, ...older } = results.failed!;
  expect(textOf(reportPage([older]))).toContain('first start refused or skipped');
  const many = Array.from({ length: 30 }, (_, i) => ({ ...events[0], atMs: i * 1000 }));
  expect(textOf(reportPage([{ ...results.passed!, events: many }]))).toContain('22 more events');
});

const SERIES = {
  columns: [...ROW_COLUMNS],
  points: [
    [15_000, 3, 0, 120, 5.5, 40, null, 0.98],
    [30_000, null, 0, 0, 7, 41, null, null],
  ],
};

test('the readings of the server over time have charts of what is known, a table, and a place in the crosshair', () => {
  const page = reportPage([{ ...results.passed!, serverSeries: SERIES }]);
  const text = textOf(page);
  expect(text).toContain('Latency inside the server persistence p95 oldest waiting task');
  expect(text).not.toContain('shard lock p95 oldest');
  expect(text).toContain('0:15 3 0 120 ms 5.50 ms 40/s – 98.0 %');
  expect(text).toContain('0:30 – 0 0 ms 7 ms 41/s – –');
  const data = JSON.parse(/class="timeline">(.*?)<\/script>/s.exec(page)![1]!) as {
    columns: string[];
    rows: string[][];
  };
  const at = data.columns.indexOf('persistence p95') + 1;
  expect([data.rows[3]![at], data.rows[20]![at], data.rows[40]![at]]).toEqual(['5.50 ms', '7 ms', '–']);
  expect(reportPage([results.passed!])).not.toContain('Latency inside the server');
});

test('the percentiles come from the histogram of a hold', () => {
  const [hold] = results.passed!.steps.filter(({ counted }) => counted);
  expect(hold!.histogram).toMatch(/^HISTF/);
  const lengths = [
    results.passed!,
    { ...results.passed!, steps: results.passed!.steps.map(({ histogram: _, ...step }) => step) },
  ].map((result) => {
    const page = reportPage([result]);
    const section = page.slice(page.indexOf('id="percentiles"'));
    return (/class="line max" d="([^"]*)"/.exec(section)?.[1] ?? '').split('L').length;
  });
  expect(lengths[0]).toBeGreaterThan(20);
  expect(lengths[1]).toBeLessThanOrEqual(5);
  expect(iterated().dropped).toBeUndefined();
});
