import fc from 'fast-check';
import { ROW_COLUMNS, ROW_MS, rowOf, thinRows, type ServerRow } from '../../../measurement/server/over-time';
import { readPage } from '../../../measurement/server/server-metrics';

const SHARE = ROW_COLUMNS.indexOf('syncMatchShare');
const value = fc.option(fc.integer({ min: 0, max: 1000 }));
const rowsArbitrary = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 3_600_000 }), ...ROW_COLUMNS.slice(1).map(() => value)), { maxLength: 40 })
  .map((rows) => (rows as ServerRow[]).sort((a, b) => a[0]! - b[0]!));

test('rows are joined until there are few enough; in order, and with the worst value of each column', () => {
  fc.assert(
    fc.property(rowsArbitrary, fc.integer({ min: 1, max: 40 }), (rows, most) => {
      const thin = thinRows(rows, most);
      expect(thin.length).toBeLessThanOrEqual(most);
      expect(thin.map(([atMs]) => atMs!)).toEqual(thin.map(([atMs]) => atMs!).sort((a, b) => a - b));
      if (rows.every(([atMs]) => atMs! <= most * ROW_MS) && rows.length <= most) expect(thin).toEqual(rows);
      ROW_COLUMNS.forEach((_, i) => {
        const known = (of: readonly ServerRow[]) => of.flatMap((row) => row[i] ?? []);
        const worst = (values: number[]) => (i === SHARE ? Math.min(...values) : Math.max(...values));
        expect(worst(known(thin))).toBe(worst(known(rows)));
      });
    }),
  );
});

test('the resolution of a long run is the same at its beginning and at its end', () => {
  // A run adds its rows step by step, and joins them after each step.
  let rows: readonly ServerRow[] = [];
  for (let step = 0; step < 100; step += 1) {
    const added = Array.from({ length: 20 }, (_, i) => [(step * 20 + i + 1) * 15_000, 1, 1, 1, 1, 1, 1, 1]);
    rows = thinRows([...rows, ...added]);
  }
  const widths = rows.slice(1).map((row, i) => row[0]! - rows[i]![0]!);
  expect(rows.length).toBeGreaterThan(100);
  expect(Math.max(...widths)).toBeLessThanOrEqual(2 * Math.min(...widths));
});

const page = (calls: number, slow: number, polls: number, sync: number) =>
  readPage(
    [
      ...['A', 'B'].flatMap((operation) => [
        `persistence_latency_bucket{operation="${operation}",le="0.01"} ${calls}`,
        `persistence_latency_bucket{operation="${operation}",le="0.1"} ${calls + slow}`,
        `persistence_latency_bucket{operation="${operation}",le="+Inf"} ${calls + slow}`,
        `persistence_latency_sum{operation="${operation}"} 0.5`,
      ]),
      `poll_success{namespace="n"} ${polls}`,
      `poll_success_sync{namespace="n"} ${sync}`,
      `persistence_requests{operation="A"} 7`,
    ].join('\n'),
    'during',
  );

test('a row has what happened in its interval, over all operations; what nobody reports is null, not 0', () => {
  const queue = { atMs: 0, addedPerSecond: 1, dispatchedPerSecond: 1 };
  const queues = { workflow: { ...queue, backlog: 3, ageMs: 40 }, activity: { ...queue, backlog: 0, ageMs: 700 } };
  const row = rowOf(15_000, 10, queues, [page(100, 0, 10, 10)], [page(190, 10, 30, 25)]);
  const [, workflow, activity, oldest, persistence, perSecond, shardLock, share] = row;
  expect([workflow, activity, oldest, perSecond, shardLock, share]).toEqual([3, 0, 700, 20, null, 0.75]);
  // 90 of 100 calls took up to 10 ms, and 10 up to 100 ms.
  expect(persistence).toBeCloseTo(55);
  expect(rowOf(1, 1, {}, [], [])).toEqual([1, null, null, null, null, null, null, null]);
});

test('during a hold, a page is read for gauges and the measures over time only', () => {
  expect(new Set(page(1, 1, 1, 1).map(({ name }) => name))).toEqual(
    new Set(['persistence_latency', 'poll_success', 'poll_success_sync']),
  );
});
