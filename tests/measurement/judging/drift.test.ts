import fc from 'fast-check';
import { driftOf, theilSen, MIN_INTERVALS, type Flow } from '../../../measurement/judging/drift';
import { uniform } from '../../../measurement/load/random';

const share = (n: number, found: (seed: number) => boolean) =>
  Array.from({ length: n }, (_, i) => found(i + 1)).filter(Boolean).length / n;

test('5 % above capacity is found within 20 s in 9 of 10 holds, whatever the latency', () => {
  const found = share(100, (seed) => {
    // A server that completes at a steady pace, with a tenth of noise.
    const flows = Array.from({ length: 20 }, (_, i) => {
      return { started: 105, ended: Math.round(100 + 10 * (uniform(seed, i) - 0.5)) };
    });
    return !driftOf(flows, 1000, 105)!.sustainable;
  });
  expect(found).toBeGreaterThanOrEqual(0.9);
});

test('a stall that is caught up within the hold is no drift', () => {
  const flows = Array.from({ length: 60 }, (_, i) => {
    const ended = i >= 20 && i < 25 ? 0 : i >= 25 && i < 35 ? 150 : 100;
    return { started: 100, ended };
  });
  expect(driftOf(flows, 1000, 100)!.sustainable).toBe(true);
});

test('too few intervals give no drift at all, not a good one', () => {
  expect(driftOf(new Array<Flow>(MIN_INTERVALS - 1).fill({ started: 9, ended: 1 }), 1000, 9)).toBeUndefined();
});

test('the slope of a straight line is found exactly, however many of its points are spoilt, up to a fifth', () => {
  fc.assert(
    fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 15, max: 60 }), fc.nat(), (slope, n, seed) => {
      const values = Array.from({ length: n }, (_, i) => slope * i);
      for (let k = 0; k < n / 5 - 1; k += 1)
        values[Math.floor(uniform(seed, k) * n)]! += 1e6 * (uniform(seed, k, 1) - 0.5);
      expect(theilSen(values)).toBeCloseTo(slope, 6);
    }),
  );
});
