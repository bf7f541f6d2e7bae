import fc from 'fast-check';
import { RateLimiter } from '../../../activities/settle/rate-limiter';
import { passTimeUntil, useFakeTime } from '../../support/passing-time';

jest.mock('node:timers/promises', () => jest.requireActual<object>('../../support/timers-promises'));
useFakeTime();

const INTERVAL_MS = 1000;
const BURST = 4;

async function callTimes(pausesMs: readonly number[]): Promise<number[]> {
  const limiter = new RateLimiter(INTERVAL_MS, BURST);
  const times: number[] = [];
  for (const pauseMs of pausesMs) {
    await jest.advanceTimersByTimeAsync(pauseMs);
    await passTimeUntil(
      limiter.next().then(() => times.push(Date.now())),
      10,
    );
  }
  return times;
}

test('the first calls do not wait, and no period has more calls than the burst and one per interval', async () => {
  const [first, ...rest] = await callTimes([0, 0, 0, 0, 0, 0]);
  // Each call lets 10 ms pass.
  expect(rest.map((time) => Math.floor((time - first!) / 100) * 100)).toEqual([0, 0, 0, 1000, 2000]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 10 }), async (pausesMs) => {
      const times = await callTimes(pausesMs);
      for (const [i, from] of times.entries())
        for (const [j, to] of times.entries())
          if (j > i) expect(j - i + 1).toBeLessThanOrEqual(BURST + Math.floor((to - from) / INTERVAL_MS));
    }),
    { numRuns: 50 },
  );
});
