import { MAX_POINTS } from '../../measurement/account/series';
import { MAX_ROWS, ROW_COLUMNS } from '../../measurement/server/over-time';
import type { BenchmarkResult } from '../../report/result-schema';
import { withinLimit } from '../../report/size-limit';
import { LANES, largestResult } from '../support/largest-result';
import { playedResult } from '../support/shown';

test('I8: the result of the longest staircase on 50 lanes, with rejections of every kind, is at most 256 KB', () => {
  const result = largestResult();
  expect(result.series.points.length).toBeGreaterThan(MAX_POINTS / 4);
  expect(result.dropped?.[0]).toBe('the distribution of the latency over time');
  expect(result.serverSeries?.points.length ?? 0).toBeLessThanOrEqual(MAX_ROWS);
  expect(result.serverSeries === undefined).toBe(result.dropped!.includes('the readings of the server over time'));
  expect(result.series.points[0]).toHaveLength(result.series.columns.length);
  expect(result.generators).toHaveLength(LANES);
  expect(JSON.stringify(result).length).toBeLessThanOrEqual(256 * 1024);
});

test('what does not fit is left out in this order, and joined intervals add up to the same sums', () => {
  const result = playedResult({ rate: 20, duration: '60s' }, 100);
  const rows = Array.from({ length: 240 }, (_, i) => [i * 15_000, ...ROW_COLUMNS.slice(1).map(() => 1)]);
  const full: BenchmarkResult = { ...result, serverSeries: { columns: [...ROW_COLUMNS], points: rows } };
  const order = [
    'the distribution of the latency over time',
    'the readings of the server over time',
    'the histograms of the holds',
    'half of the intervals of the series: each is joined with its neighbor',
  ];
  const tooLong = withinLimit({ ...full, notes: ['x'.repeat(256 * 1024)] });
  expect(tooLong.dropped).toEqual(order);
  expect(withinLimit(full).dropped).toBeUndefined();
  const { widthMs, columns, points } = tooLong.series;
  expect([widthMs, points.length]).toEqual([2 * result.series.widthMs, Math.ceil(result.series.points.length / 2)]);
  const total = (name: string, of: BenchmarkResult['series']) =>
    of.points.reduce((sum, row) => sum + (row[of.columns.indexOf(name)] ?? 0), 0);
  for (const name of columns.filter((one) => !['index', 'latencyMaxMs'].includes(one)))
    expect(total(name, tooLong.series)).toBeCloseTo(total(name, result.series), 1);
  const longest = ({ points: all }: BenchmarkResult['series']) =>
    Math.max(...all.map((row) => row[columns.indexOf('latencyMaxMs')] ?? 0));
  expect(longest(tooLong.series)).toBe(longest(result.series));
});
