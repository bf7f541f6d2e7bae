import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseExposition } from '../../../measurement/server/exposition';
import { quantile, readingsBetween, readPage } from '../../../measurement/server/server-metrics';

const text = fc.string({ maxLength: 12 });
const escaped = (value: string) => value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');

test('parsing a page returns the samples that were written, whatever their labels contain', () => {
  const sample = fc.record({
    name: fc.stringMatching(/^[a-z_][a-z0-9_]{0,10}$/),
    labels: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_]{0,6}$/), text, { maxKeys: 3, noNullPrototype: true }),
    // Written as text, −0 is 0.
    value: fc.oneof(fc.nat(), fc.double({ noNaN: true })).map((value) => value + 0),
  });
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 8 }), (samples) => {
      const page = samples.map(({ name, labels, value }) => {
        const inside = Object.entries(labels).map(([label, content]) => `${label}="${escaped(content)}"`);
        return `# HELP ${name} x\n${name}${inside.length > 0 ? `{${inside.join(',')}}` : ''} ${String(value)} 1700000000`;
      });
      expect(parseExposition(page.join('\n'))).toEqual(samples);
    }),
  );
  expect(parseExposition('a 1\nb{x="}"} +Inf\n\nnonsense\nc NaN')).toEqual([
    { name: 'a', labels: {}, value: 1 },
    { name: 'b', labels: { x: '}' }, value: Infinity },
    { name: 'c', labels: {}, value: NaN },
  ]);
});

const bounds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** Returns the page of a replica that recorded these durations, in seconds. */
function pageOf(name: string, durations: readonly number[], labels = ''): string {
  const line = (le: string, count: number) => `${name}_bucket{${labels}${labels && ','}le="${le}"} ${count}`;
  return [
    ...bounds.map((le) => line(String(le), durations.filter((duration) => duration <= le).length)),
    line('+Inf', durations.length),
  ].join('\n');
}

test('a quantile lies in the same bucket as the exact one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.0001, max: 9, noNaN: true }), { minLength: 1, maxLength: 200, size: 'max' }),
      fc.constantFrom(0.5, 0.95, 0.99),
      (durations, share) => {
        const buckets = new Map<number, number>([
          ...bounds.map((le) => [le, durations.filter((duration) => duration <= le).length] as const),
          [Infinity, durations.length],
        ]);
        const exact = [...durations].sort((a, b) => a - b)[Math.ceil(share * durations.length) - 1]!;
        const upper = bounds.find((le) => exact <= le)!;
        const lower = bounds[bounds.indexOf(upper) - 1] ?? 0;
        const found = quantile(buckets, share) / 1000;
        expect(found).toBeGreaterThanOrEqual(lower * (1 - 1e-9));
        expect(found).toBeLessThanOrEqual(upper * (1 + 1e-9));
      },
    ),
  );
});

test('a reading counts what was added during the hold, over all replicas and per label, and nothing from before', () => {
  const durations = fc.array(fc.double({ min: 0.0001, max: 9, noNaN: true }), { maxLength: 50, size: 'max' });
  fc.assert(
    fc.property(fc.array(fc.tuple(durations, durations), { minLength: 1, maxLength: 4 }), (replicas) => {
      const page = (all: readonly number[], i: number) =>
        readPage(
          `${pageOf('persistence_latency', all, 'operation="Update",service_name="history"')}\npoll_success{replica="${i}"} ${all.length}`,
        );
      const before = replicas.map(([old], i) => page(old, i));
      const after = replicas.map(([old, fresh], i) => page([...old, ...fresh], i));
      const readings = readingsBetween(before, after, [], 10);
      const added = replicas.reduce((sum, [, fresh]) => sum + fresh.length, 0);
      const latency = readings.find(({ name }) => name === 'persistence latency');
      expect(latency?.count ?? 0).toBe(added);
      if (latency) expect(latency).toMatchObject({ labels: 'Update', perSecond: added / 10 });
      expect(readings.find(({ name }) => name === 'successful polls')).toMatchObject({ count: added });
    }),
  );
});

test('a restarted replica counts from 0, and a measure that no page contains is absent', () => {
  const before = [readPage('poll_success 1000')];
  expect(readingsBetween(before, [readPage('poll_success 30')], [], 10)).toEqual([
    { name: 'successful polls', labels: '', count: 30, perSecond: 3 },
  ]);
});

test('the buckets decide between seconds and milliseconds; the internal namespace of Temporal is ignored', () => {
  const inMs = readPage(
    'visibility_persistence_latency_bucket{le="1"} 0\nvisibility_persistence_latency_bucket{le="10"} 10\nvisibility_persistence_latency_bucket{le="+Inf"} 10\npoll_success{namespace="temporal_system"} 7',
  );
  const [reading, ...rest] = readingsBetween([[]], [inMs], [], 1);
  expect(reading).toMatchObject({ name: 'visibility latency', count: 10, p50Ms: 5.5 });
  expect(rest).toEqual([]);
});

test('a gauge gives the highest value of all reads, per replica', () => {
  const read = (...values: number[]) =>
    values.map((value) => readPage(`persistence_sql_in_use{service_name="history",db_kind="main"} ${value}`, 'gauges'));
  expect(readingsBetween([[]], [[]], [read(3, 4), read(10, 1), read(0, 0)], 1)).toEqual([
    { name: 'database connections in use', labels: 'history #1/main', highest: 10 },
    { name: 'database connections in use', labels: 'history #2/main', highest: 4 },
  ]);
});

test('DSQL: conflicts, the pool per replica, and all other metrics of the plugin, whatever their names', () => {
  const page = (replica: number, when: string) =>
    readPage(readFileSync(join(__dirname, 'exposition', `dsql-replica-${replica}-${when}.txt`), 'utf8'));
  const [before, after] = ['before', 'after'].map((when) => [page(1, when), page(2, when)]) as [never, never];
  const readings = readingsBetween(before, after, [before, after], 10);
  const reading = (name: string, labels = '') => readings.find((one) => one.name === name && one.labels === labels);
  expect(reading('DSQL conflicts')).toMatchObject({ count: 240, perSecond: 24 });
  expect(reading('DSQL retries exhausted')).toMatchObject({ count: 4 });
  expect(reading('database connections in use', 'history #1/main')).toMatchObject({ highest: 32 });
  expect(reading('database connections in use', 'history #2/main')).toMatchObject({ highest: 34 });
  expect(reading('database connection limit', 'history #2/main')).toMatchObject({ highest: 50 });
  expect(reading('database connection waits', 'history #2/main')).toMatchObject({ count: 400, perSecond: 40 });
  expect(reading('database connection wait time', 'history #1/main')!.p95Ms).toBeCloseTo(410, 5);
  // Metrics that the catalog of measures does not list.
  expect(reading('DSQL', 'tx_commit_duration_seconds')).toMatchObject({
    count: 2000,
    p50Ms: expect.closeTo(7.5, 5) as number,
  });
  expect(reading('DSQL', 'reservoir_size')).toMatchObject({ highest: 90 });
  expect(reading('DSQL', 'reservoir_empty_total')).toMatchObject({ count: 6 });
  expect(reading('DSQL', 'pool_open')).toMatchObject({ highest: 96 });
  expect(readings.filter(({ labels }) => /_(sum|count)$/.test(labels))).toEqual([]);
});
