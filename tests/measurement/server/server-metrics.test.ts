import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseExposition } from '../../../measurement/server/exposition';
import { quantile, readingsBetween, readPage, type ServerReading } from '../../../measurement/server/server-metrics';
import { canonicalSamples } from '../../../measurement/server/wire-names';

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
        const found = quantile(buckets, share);
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

/** Returns the page of a histogram of 10 calls, with these bounds and counts. */
function histogram(name: string, buckets: Readonly<Record<string, number>>, sum: number): string {
  const lines = Object.entries(buckets).map(([le, count]) => `${name}_bucket{le="${le}"} ${count}`);
  return [...lines, `${name}_bucket{le="+Inf"} 10`, `${name}_sum ${sum}`, `${name}_count 10`].join('\n');
}

const visibility = 'visibility_persistence_latency';
test.each<[what: string, page: string, p50Ms: number]>([
  ['_milliseconds', histogram(`${visibility}_milliseconds`, { '0.1': 0, 10: 0, 100: 10 }, 550), 55],
  ['_seconds', histogram(`${visibility}_seconds`, { '0.5': 0, 1: 10 }, 7.5), 750],
  ['no unit, and sums with fractions (tally)', histogram(visibility, { '0.5': 0, 1: 10 }, 7.5), 750],
  ['no unit, and whole sums (OpenTelemetry as tally)', histogram(visibility, { '0.1': 0, 10: 0, 100: 10 }, 550), 55],
  ['no unit, and calls too short for a whole millisecond', histogram(visibility, { 1: 10, 2: 10 }, 0), 0.5],
])('a latency is in milliseconds, whatever the bounds of its buckets: %s', (_what, page, p50Ms) => {
  const readings = readingsBetween([[]], [readPage(page)], [], 1);
  expect(readings).toMatchObject([
    { name: 'visibility latency', count: 10, p50Ms: expect.closeTo(p50Ms, 9) as number },
  ]);
});

test('the internal namespace of Temporal, and work that belongs to no service, are not counted', () => {
  const page = readPage(
    'poll_success{namespace="temporal_system"} 7\npoll_success_total{namespace="temporal-system"} 7\npersistence_requests{service_name="server"} 7\npoll_success{namespace="orders"} 1',
  );
  expect(readingsBetween([[]], [page], [], 1)).toEqual([
    { name: 'successful polls', labels: '', count: 1, perSecond: 1 },
  ]);
});

test('a gauge gives the lowest, mean and highest value of all reads, per replica', () => {
  const read = (...values: number[]) =>
    values.map((value) => readPage(`persistence_sql_in_use{service_name="history",db_kind="main"} ${value}`, 'during'));
  expect(readingsBetween([[]], [[]], [read(3, 4), read(10, 1), read(2, 1)], 1)).toEqual([
    { name: 'database connections in use', labels: 'history #1/main', lowest: 2, mean: 5, highest: 10 },
    { name: 'database connections in use', labels: 'history #2/main', lowest: 1, mean: 2, highest: 4 },
  ]);
});

test.each(['instance', 'task_id', 'pod'])('a Prometheus may tell replicas apart by %s alone', (label) => {
  const same = { instance: 'localhost:9090', service_name: 'history' };
  const samples = ['a', 'b'].map((replica, i) => {
    return { name: 'dsql_reservoir_size', labels: { ...same, [label]: replica }, value: 40 * i };
  });
  const page = canonicalSamples(samples);
  expect(readingsBetween([page], [page], [[page]], 1)).toMatchObject([
    { name: 'DSQL reservoir size', labels: 'history #1', lowest: 0 },
    { name: 'DSQL reservoir size', labels: 'history #2', lowest: 40 },
  ]);
});

const SCHEMES = ['tally', 'opentelemetry', 'opentelemetry-seconds', 'opentelemetry-as-tally'];

function readingsOf(scheme: string): ServerReading[] {
  const page = (replica: number, when: string) =>
    readPage(readFileSync(join(__dirname, 'exposition', scheme, `replica-${replica}-${when}.txt`), 'utf8'));
  const [before, after] = ['before', 'after'].map((when) => [page(1, when), page(2, when)]) as [never, never];
  return readingsBetween(before, after, [before, after], 10);
}

test.each(SCHEMES)('DSQL: figures of a hold from pages of a server with %s', (scheme) => {
  const readings = readingsOf(scheme);
  const reading = (name: string, labels = '') => readings.find((one) => one.name === name && one.labels === labels);
  expect(reading('DSQL transaction latency', 'LockTaskQueues')).toMatchObject({
    count: 200,
    perSecond: 20,
    p50Ms: expect.closeTo(5 + (5 * 100) / 180, 6) as number,
    p95Ms: expect.closeTo(50 + (150 * 10) / 20, 6) as number,
  });
  expect(reading('DSQL conflicts', 'LockTaskQueues')).toMatchObject({ count: 16 });
  expect(reading('DSQL retries', 'ReadLockShards')).toMatchObject({ count: 16 });
  expect(reading('DSQL retries exhausted', 'LockTaskQueues')).toMatchObject({ count: 2 });
  expect(reading('DSQL errors', 'condition_failed/ReadLockShards')).toMatchObject({ count: 6 });
  expect(reading('database connections in use', 'history #2')).toMatchObject({ highest: 48 });
  expect(reading('database connection limit', 'history #2')).toMatchObject({ highest: 50 });
  expect(reading('database connection waits', 'history #1')).toMatchObject({ count: 25, perSecond: 2.5 });
  expect(reading('DSQL reservoir size', 'history #1')).toMatchObject({ lowest: 49, highest: 49 });
  expect(reading('DSQL reservoir size', 'history #2')).toMatchObject({ lowest: 0, mean: 23, highest: 46 });
  expect(reading('DSQL reservoir target', 'history #2')).toMatchObject({ lowest: 50 });
  expect(reading('DSQL reservoir empty', 'history #2')).toMatchObject({ count: 7 });
  expect(reading('DSQL reservoir refill failures', 'rate_limit/history')).toMatchObject({ count: 11 });
  expect(reading('DSQL reservoir discards', 'insufficient_remaining_lifetime/history')).toMatchObject({ count: 8 });
  expect(reading('DSQL checkout latency', 'history')).toMatchObject({ count: 80, p50Ms: 0.5 });
  expect(reading('DSQL token refresh failures', 'history')).toMatchObject({ count: 1 });
  expect(reading('DSQL connections closed: lifetime')).toMatchObject({ count: 0 });
  expect(reading('persistence latency', 'GetOrCreateShard')).toMatchObject({
    count: 120,
    p99Ms: expect.closeTo(0.99) as number,
  });
  expect(reading('persistence requests', 'history')).toMatchObject({ count: 960 });
  expect(reading('successful polls')).toBeUndefined();
  expect(readings.filter(({ labels }) => /server/.test(labels))).toEqual([]);
});

test('the figures are the same with every metrics framework of the server', () => {
  const [expected, ...others] = SCHEMES.map((scheme) =>
    readingsOf(scheme).map((reading) => {
      const rounded = Object.entries(reading).map(([key, value]: [string, unknown]) => {
        return [key, typeof value === 'number' ? Math.round(value * 1e6) / 1e6 : value];
      });
      return Object.fromEntries(rounded) as ServerReading;
    }),
  );
  expect(expected!.length).toBeGreaterThan(40);
  for (const other of others) expect(other).toEqual(expected);
});
