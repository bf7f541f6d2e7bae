import fc from 'fast-check';
import { kindAt } from '../../load-workflows/kinds';
import { MIXABLE, parseMix } from '../../spec/mix';

const weights = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 5 });

test('each kind of a mix has its share of any consecutive arrivals of a lane, up to a few', () => {
  fc.assert(
    fc.property(
      weights,
      fc.nat(199),
      fc.nat(10_000_000),
      fc.integer({ min: 1, max: 2000 }),
      (all, lane, from, length) => {
        const kinds = all.map((weight) => ({ weight }));
        const counts = all.map(() => 0);
        for (let i = 0; i < length; i += 1) counts[kindAt(kinds, lane, from + i)]! += 1;
        const whole = all.reduce((sum, weight) => sum + weight, 0);
        counts.forEach((count, i) => {
          // The number of points in any interval deviates from its share by at most a logarithmic term.
          expect(Math.abs(count - (length * all[i]!) / whole)).toBeLessThanOrEqual(2 + 2 * Math.log2(length + 1));
        });
      },
    ),
    { numRuns: 200 },
  );
});

test('parseMix reads a mix as it was written, and returns undefined for anything else', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom(...MIXABLE), { minLength: 2, maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 5, maxLength: 5 }),
      (names, numbers) => {
        const parts = names.map((workload, i) => ({ workload, weight: numbers[i]! }));
        expect(parseMix(parts.map(({ workload, weight }) => `${workload}=${weight}`).join(', '))).toEqual(parts);
      },
    ),
  );
  for (const wrong of ['', 'simple=1', 'simple=1,simple=2', 'simple=0,timer=1', 'simple=1,mix=1', 'simple=1,nap=2'])
    expect(parseMix(wrong)).toBeUndefined();
  for (const wrong of ['external=1,timer=1', 'simple=1;timer=2', 'simple=1001,timer=1', 'simple,timer'])
    expect(parseMix(wrong)).toBeUndefined();
});
