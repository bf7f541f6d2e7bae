import fc from 'fast-check';
import { depthOf, type QueueSample } from '../../../measurement/server/target';

const sample = (atMs: number, backlog: number): QueueSample => {
  return { atMs, backlog, ageMs: backlog * 10, addedPerSecond: 50, dispatchedPerSecond: 40 };
};

test('the depth of a queue has the mean and the highest backlog, and the growth between every second sample', () => {
  expect(depthOf([])).toBeNull();
  const backlogs = [0, 10, 20, 50, 30];
  expect(depthOf(backlogs.map((backlog, i) => sample(i * 1000, backlog)))).toEqual({
    samples: 5,
    meanBacklog: 22,
    highestBacklog: 50,
    highestAgeMs: 500,
    growthPerSecond: 20,
    addedPerSecond: 50,
    dispatchedPerSecond: 40,
  });
});

test('property: a backlog that grows steadily has its rate as growth, and one that shrinks has none', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 3, max: 30 }), (perSecond, count) => {
      const growing = Array.from({ length: count }, (_, i) => sample(i * 2000, i * 2 * perSecond));
      expect(depthOf(growing)!.growthPerSecond).toBeCloseTo(perSecond, 9);
      const shrinking = growing.map(({ backlog }, i) => sample(i * 2000, count * 2 * perSecond - backlog));
      expect(depthOf(shrinking)!.growthPerSecond).toBe(0);
    }),
  );
});
