import fc from 'fast-check';
import { cloudWatchReadings, minutesWithin, type MinuteValues } from '../../../measurement/server/cloudwatch';

test('the minutes of a hold are whole and lie within it, and no further minute does', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2e12 }), fc.integer({ min: 1, max: 1e7 }), (startAtMs, durationMs) => {
      const minutes = minutesWithin(startAtMs, durationMs);
      const from = (minutes?.fromSeconds ?? Math.ceil(startAtMs / 60_000) * 60) * 1000;
      const to = minutes ? minutes.toSeconds * 1000 : from;
      expect([from % 60_000, to % 60_000]).toEqual([0, 0]);
      expect(from - startAtMs).toBeGreaterThanOrEqual(0);
      expect(from - startAtMs).toBeLessThan(60_000);
      if (minutes) expect(startAtMs + durationMs - to).toBeGreaterThanOrEqual(0);
      expect(startAtMs + durationMs - to).toBeLessThan(60_000);
      if (minutes) expect(to).toBeGreaterThan(from);
    }),
  );
});

const metric = (...values: (readonly [number, number])[]): MinuteValues => new Map(values);

test('counts of the minutes add up, a latency has its lowest, mean and highest minute, and the rest is absent', () => {
  const byMetric = new Map([
    ['TotalTransactions', metric([0, 999], [60, 1200], [120, 600], [180, 999])],
    ['OccConflicts', metric([120, 3])],
    ['CommitLatency', metric([60, 4], [120, 7])],
    ['QueryTimeouts', metric([180, 1])],
  ]);
  expect(cloudWatchReadings(byMetric, { fromSeconds: 60, toSeconds: 180 })).toEqual([
    { name: 'Aurora DSQL commit latency', labels: '', lowest: 4, mean: 5.5, highest: 7 },
    { name: 'Aurora DSQL transactions', labels: '', count: 1800, perSecond: 15 },
    { name: 'Aurora DSQL conflicts', labels: '', count: 3, perSecond: 0.025 },
  ]);
});
