import fc from 'fast-check';
import { Fence } from '../../../activities/generate-load/control-link';

test('I3b: the fence is open only while a call has proved the attempt current less than timeout − 1 s ago', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 3000, max: 15_000 }),
      fc.array(fc.nat(4000), { maxLength: 20 }),
      fc.nat(20_000),
      (timeoutMs, gaps, later) => {
        let now = 1000;
        const fence = new Fence(timeoutMs, () => now);
        let proven = -Infinity;
        for (const gap of gaps) {
          now += gap;
          fence.prove(now - 10);
          proven = Math.max(proven, now - 10);
        }
        now += later;
        expect(fence.open).toBe(now - proven < timeoutMs - 1000);
      },
    ),
    { numRuns: 200 },
  );
});
