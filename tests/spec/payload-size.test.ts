import fc from 'fast-check';
import { MAX_PAYLOAD_BYTES, parsePayloadSize, payloadBytes } from '../../spec/payload-size';

const u = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('a size lies within its distribution, and a larger random number gives a larger size', () => {
  const sizes = ['4KB', 'uniform:100B-64KB', 'exponential:4KB'].map((text) => parsePayloadSize(text)!);
  fc.assert(
    fc.property(fc.constantFrom(...sizes), u, u, (size, a, b) => {
      const [low, high] = [payloadBytes(size, Math.min(a, b)), payloadBytes(size, Math.max(a, b))];
      expect(low).toBeLessThanOrEqual(high);
      expect(low).toBeGreaterThanOrEqual(0);
      expect(high).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
      if (size.kind === 'fixed') expect(low).toBe(4096);
      if (size.kind === 'uniform') expect([low >= 100, high <= 65_536]).toEqual([true, true]);
    }),
  );
});

test('the mean of a distribution is the one in its text', () => {
  const n = 10_000;
  const mean = (text: string) => {
    const size = parsePayloadSize(text)!;
    return Array.from({ length: n }, (_, i) => payloadBytes(size, (i + 0.5) / n)).reduce((a, b) => a + b, 0) / n;
  };
  expect(mean('exponential:4KB') / 4096).toBeCloseTo(1, 2);
  expect(mean('uniform:1KB-3KB') / 2048).toBeCloseTo(1, 2);
});

test.each(['', '4', '4kb', '2MB', 'uniform:4KB-1KB', 'uniform:4KB', 'normal:4KB', '-1B'])(
  '%j is not a size',
  (text) => {
    expect(parsePayloadSize(text)).toBeUndefined();
  },
);
