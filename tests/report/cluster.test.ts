import type { MeasureName } from '../../measurement/server/server-measures';
import type { ServerReading } from '../../measurement/server/server-metrics';
import { resultOf } from '../../report/result';
import type { BenchmarkResult } from '../../report/result-schema';
import { renderText } from '../../report/text';
import { passedRun } from '../support/passed-run';
import { schemaErrors } from '../support/result';

/** Returns the result of a run whose cluster has these readings. */
function resultWith(readings: readonly ServerReading[]): BenchmarkResult {
  const facts = passedRun();
  const [hold] = facts.steps;
  const target = { ...hold!.measurement.target!, server: { endpoints: 1, readings, unknown: [] } };
  const step = { ...hold!, measurement: { ...hold!.measurement, target } };
  return resultOf({ ...facts, steps: [step] });
}

test('the summary of a cluster on Aurora DSQL has its transactions, its emptiest reservoir and its errors', () => {
  const count = (name: MeasureName, n: number, labels = ''): ServerReading => ({
    name,
    labels,
    count: n,
    perSecond: n / 20,
  });
  const gauge = (name: MeasureName, labels: string, lowest: number): ServerReading => {
    return { name, labels, lowest, mean: 50, highest: 50 };
  };
  const known = [
    count('DSQL conflicts', 3, 'LockTaskQueues'),
    count('DSQL retries', 3, 'LockTaskQueues'),
    count('database connection waits', 30, 'history #1'),
    count('DSQL reservoir checkouts', 80, 'history #2'),
    count('DSQL reservoir empty', 7, 'history #2'),
    gauge('DSQL reservoir size', 'history #1', 49),
    gauge('DSQL reservoir size', 'history #2', 2),
    gauge('DSQL reservoir target', 'history #1', 50),
    gauge('DSQL reservoir target', 'history #2', 50),
    count('DSQL reservoir refill failures', 11, 'rate_limit/history'),
    count('DSQL reservoir discards', 0, 'reservoir_full/history'),
    count('DSQL token refreshes', 2, 'history'),
  ];
  const result = resultWith([...known, count('DSQL transaction latency', 200, 'LockTaskQueues')]);
  expect(schemaErrors(result)).toEqual([]);
  const lines = renderText(result, { verbose: true }).split('\n');
  expect(lines.filter((line) => line.startsWith('  DSQL ')).map((line) => line.replace(/ +/g, ' '))).toEqual([
    ' DSQL transactions 3 conflicts, 3 retries, 0 gave up in 200 recorded transactions (1.5 % conflicts)',
    ' DSQL connection waits 1.5/s',
    ' DSQL reservoir lowest 2 of 50 (history #2); 80 checkouts, 7 found it empty',
    ' DSQL refill failures 11 × rate_limit/history',
    ' DSQL tokens 2 refreshed, 0 refreshes failed',
  ]);
  expect(renderText(resultWith(known), { verbose: true })).toContain(
    '3 conflicts, 3 retries, 0 gave up; their share is not known',
  );
  expect(renderText(resultWith([count('successful polls', 1)]), { verbose: true })).not.toContain('DSQL');
});

test('the summary has what CloudWatch knows about an Aurora DSQL cluster', () => {
  const result = resultWith([
    { name: 'Aurora DSQL commit latency', labels: '', lowest: 3, mean: 4.25, highest: 6 },
    { name: 'Aurora DSQL transactions', labels: '', count: 1800, perSecond: 15 },
    { name: 'Aurora DSQL conflicts', labels: '', count: 9, perSecond: 0.075 },
    { name: 'Aurora DSQL DPU', labels: '', count: 12, perSecond: 0.1 },
  ]);
  expect(schemaErrors(result)).toEqual([]);
  const lines = renderText(result, { verbose: true }).split('\n');
  expect(lines.filter((line) => line.includes('DSQL')).map((line) => line.trim().replace(/ +/g, ' '))).toEqual([
    'Aurora DSQL commit latency median of each minute 4.3 ms on average, 6.0 at most',
    'Aurora DSQL transactions 15.0/s, 9 of 1800 in conflict (0.50 %), 0 query timeouts',
    'Aurora DSQL use 12 DPU',
  ]);
});

test('the result keeps the replicas with the lowest and the highest values of a gauge, and the targets that belong to them', () => {
  const replicas = Array.from({ length: 20 }, (_, i) => `history #${i + 1}`);
  const readings = replicas.flatMap((labels, i): ServerReading[] => [
    { name: 'DSQL reservoir size', labels, lowest: i, mean: i, highest: i },
    { name: 'DSQL reservoir target', labels, lowest: 50, mean: 50, highest: 50 },
  ]);
  const { cluster } = resultWith(readings);
  const kept = (name: string) => cluster!.readings.filter((one) => one.name === name).map(({ labels }) => labels);
  expect(kept('DSQL reservoir size')).toEqual([...replicas.slice(0, 4), ...replicas.slice(-4)]);
  expect(kept('DSQL reservoir target')).toEqual(kept('DSQL reservoir size'));
});
