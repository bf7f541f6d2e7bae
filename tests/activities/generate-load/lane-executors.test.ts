import { pollersOf } from '../../../activities/generate-load/lane-executors';

test.each([1, 4, 20, 50, 100])(
  'with %i lanes the polls of two steps stay below the limit of concurrent polls',
  (lanes) => {
    const { min, initial, max } = pollersOf(lanes);
    const queues = 2;
    // One step polls as much as it may, while the next one is armed.
    expect(lanes * queues * (max + initial)).toBeLessThanOrEqual(1200);
    expect([min <= initial, initial <= max]).toEqual([true, true]);
  },
);
