import fc from 'fast-check';
import {
  coarsen,
  mergeSeries,
  packSeries,
  Series,
  seriesWidthMs,
  unpackSeries,
} from '../../../measurement/account/series';
import { BUCKET_BOUNDS_MS, bucketOf } from '../../../measurement/account/latency-buckets';
import { uniform } from '../../../measurement/load/random';

test('I8: a series has at most 600 points, however long the run, and loses no event after the end of the timeline', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 86_400_000 }), fc.nat(2000), fc.nat(), (timelineMs, events, seed) => {
      const widthMs = seriesWidthMs(timelineMs);
      expect(600 * widthMs).toBeGreaterThanOrEqual(timelineMs);
      const series = new Series(widthMs);
      for (let i = 0; i < events; i += 1) series.count(1.5 * timelineMs * uniform(seed, i), 'completed');
      const points = unpackSeries(series.pack());
      expect(points.length).toBeLessThanOrEqual(600);
      expect(points.reduce((sum, { completed }) => sum + completed, 0)).toBe(events);
    }),
    { numRuns: 100 },
  );
});

test('merging, packing and coarsening keep every count', () => {
  const events = fc.array(fc.tuple(fc.nat(100_000), fc.constantFrom('scheduled' as const, 'completed' as const)), {
    maxLength: 100,
    size: 'max',
  });
  fc.assert(
    fc.property(fc.array(events, { maxLength: 4 }), fc.integer({ min: 1, max: 7 }), (lanes, factor) => {
      const series = lanes.map((lane) => {
        const one = new Series(1000);
        for (const [at, what] of lane) one.count(at, what);
        return unpackSeries(one.pack());
      });
      const merged = coarsen(unpackSeries(packSeries(mergeSeries(series))), factor);
      const sum = (what: 'scheduled' | 'completed') => merged.reduce((all, point) => all + point[what], 0);
      expect(sum('scheduled')).toBe(lanes.flat().filter(([, what]) => what === 'scheduled').length);
      expect(sum('completed')).toBe(lanes.flat().filter(([, what]) => what === 'completed').length);
      expect(merged.map((point) => point.index)).toEqual(
        [...new Set(merged.map((point) => point.index))].sort((a, b) => a - b),
      );
    }),
    { numRuns: 100 },
  );
});

test('a latency belongs to the bucket whose bounds enclose it', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 100_000, noNaN: true }), (ms) => {
      const bucket = bucketOf(ms);
      expect(ms).toBeLessThanOrEqual(BUCKET_BOUNDS_MS[bucket]! * (1 + 1e-9));
      if (bucket > 0) expect(ms).toBeGreaterThan(BUCKET_BOUNDS_MS[bucket - 1]!);
    }),
  );
  for (const [i, bound] of BUCKET_BOUNDS_MS.entries()) expect(bucketOf(bound)).toBe(i);
});

test('merging, packing and coarsening keep every latency in its bucket', () => {
  const latencies = fc.array(fc.tuple(fc.nat(60_000), fc.double({ min: 0, max: 60_000, noNaN: true })));
  fc.assert(
    fc.property(fc.array(latencies, { maxLength: 4 }), fc.integer({ min: 1, max: 7 }), (lanes, factor) => {
      const series = lanes.map((lane) => {
        const one = new Series(1000);
        for (const [at, ms] of lane) one.latency(at, ms);
        return unpackSeries(one.pack());
      });
      const merged = coarsen(unpackSeries(packSeries(mergeSeries(series))), factor);
      const counts = BUCKET_BOUNDS_MS.map((_, i) => merged.reduce((sum, { buckets }) => sum + (buckets[i] ?? 0), 0));
      const all = lanes.flat().map(([, ms]) => bucketOf(ms));
      expect(counts).toEqual(BUCKET_BOUNDS_MS.map((_, i) => all.filter((bucket) => bucket === i).length));
    }),
  );
});
