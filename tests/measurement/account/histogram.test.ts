import fc from 'fast-check';
import {
  decodeHistogram,
  emptyHistogram,
  encodeHistogram,
  mergeHistograms,
  recordMs,
  summarize,
} from '../../../measurement/account/histogram';

const samples = fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), {
  minLength: 1,
  maxLength: 300,
  size: 'max',
});

function recorded(values: readonly number[]) {
  const histogram = emptyHistogram();
  for (const value of values) recordMs(histogram, value);
  return encodeHistogram(histogram);
}

test('P7: p50 ≤ p95 ≤ p99 ≤ p99.9 ≤ max, and max is the largest sample', () => {
  fc.assert(
    fc.property(samples, (values) => {
      const { p50, p95, p99, p999, max } = summarize(recorded(values));
      const found = [p50.ms, p95.ms, p99.ms, p999.ms, max.ms];
      expect(found).toEqual([...found].sort((a, b) => a - b));
      const largest = Math.max(...values);
      expect(Math.abs(max.ms - largest)).toBeLessThanOrEqual(0.001 * largest + 0.001);
    }),
    { numRuns: 200 },
  );
});

test('law 5: percentiles of merged histograms are percentiles of all samples, within 0.1 %', () => {
  fc.assert(
    fc.property(fc.array(samples, { minLength: 1, maxLength: 4 }), (parts) => {
      const summary = summarize(mergeHistograms(parts.map(recorded)));
      const all = parts.flat().sort((a, b) => a - b);
      expect(summary.count).toBe(all.length);
      for (const [percentile, found] of [
        [0.5, summary.p50.ms],
        [0.95, summary.p95.ms],
        [0.99, summary.p99.ms],
      ] as const) {
        const exact = all[Math.ceil(percentile * all.length) - 1]!;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(0.0011 * exact + 0.002);
      }
    }),
    { numRuns: 200 },
  );
});

test('encoding and decoding keep every bucket', () => {
  fc.assert(
    fc.property(samples, (values) => {
      const histogram = emptyHistogram();
      for (const value of values) recordMs(histogram, value);
      const decoded = decodeHistogram(encodeHistogram(histogram));
      expect(decoded.totalCount).toBe(values.length);
      // Subtracting equal histograms leaves no count in any bucket.
      decoded.subtract(histogram);
      expect(decoded.totalCount).toBe(0);
      expect(decoded.maxValue).toBe(0);
    }),
    { numRuns: 100 },
  );
});

test('a percentile without enough samples is still a number, and is marked as insufficient', () => {
  const few = summarize(recorded(Array.from({ length: 661 }, (_, i) => i)));
  expect(few.p99).toMatchObject({ sufficient: false, ms: expect.any(Number) as number });
  expect(summarize(recorded(Array.from({ length: 662 }, (_, i) => i))).p99.sufficient).toBe(true);
  expect(summarize(encodeHistogram(emptyHistogram()))).toMatchObject({ count: 0, p50: { ms: 0, sufficient: false } });
});
