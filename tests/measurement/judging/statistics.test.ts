import fc from 'fast-check';
import { estimate } from '../../../measurement/judging/statistics';
import { uniform } from '../../../measurement/load/random';

/** Returns a normally distributed number (Box–Muller), from the counter-based random numbers of the tool. */
function normal(seed: number, i: number): number {
  return Math.sqrt(-2 * Math.log(uniform(seed, i, 1))) * Math.cos(2 * Math.PI * uniform(seed, i, 2));
}

test('law 7: the interval contains the true mean in at least 90 % of repeated simulations', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 12 }),
      fc.integer({ min: 1, max: 500 }),
      fc.integer(),
      (iterations, spread, seed) => {
        const repetitions = 400;
        let covered = 0;
        for (let r = 0; r < repetitions; r += 1) {
          const { low, high } = estimate(
            Array.from({ length: iterations }, (_, i) => 1000 + spread * normal(seed + r, i)),
          );
          if (low! <= 1000 && 1000 <= high!) covered += 1;
        }
        expect(covered / repetitions).toBeGreaterThanOrEqual(0.9);
      },
    ),
    { numRuns: 100 },
  );
});

test('the mean lies in its interval, and a single sample has no interval', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 40, size: 'max' }),
      (samples) => {
        const { mean, low, high } = estimate(samples);
        expect(low!).toBeLessThanOrEqual(mean);
        expect(high!).toBeGreaterThanOrEqual(mean);
      },
    ),
    { numRuns: 200 },
  );
  expect(estimate([7])).toEqual({ mean: 7, low: null, high: null });
});
