import fc from 'fast-check';
import { anchorClock, CLOCK_REFUSAL_MS } from '../../../activities/generate-load/clock';
import type { ControlLink } from '../../../activities/generate-load/control-link';

interface Round {
  readonly toServerMs: number;
  readonly backMs: number;
  readonly answers: boolean;
}

/** A control server whose clock shows `now + aheadMs` at the local time `now`. */
function controlServer(aheadMs: number, rounds: readonly Round[]) {
  let now = 5000;
  let round = -1;
  let recordedMs: number | undefined;
  const link = {
    heartbeat: async () => {
      const { toServerMs, backMs, answers } = rounds[(round += 1)]!;
      now += toServerMs;
      recordedMs = answers ? now + aheadMs : undefined;
      now += backMs;
      return answers ? 'current' : 'unreachable';
    },
    lastHeartbeatMs: async () => {
      now += 3;
      return recordedMs;
    },
  } as unknown as ControlLink;
  return { link, now: () => now };
}

const round = fc.record({
  toServerMs: fc.double({ min: 0, max: 400, noNaN: true }),
  backMs: fc.double({ min: 0, max: 400, noNaN: true }),
  answers: fc.boolean(),
});
const aheadMs = fc.double({ min: -1e6, max: 1e6, noNaN: true });

test('law 3: the true offset lies within the uncertainty, which is at most half of the shortest round trip', async () => {
  await fc.assert(
    fc.asyncProperty(aheadMs, fc.array(round, { minLength: 4, maxLength: 4 }), async (ahead, rounds) => {
      fc.pre(rounds.some(({ answers }) => answers));
      const { link, now } = controlServer(ahead, rounds);
      const { originMs, uncertaintyMs } = await anchorClock(link, {}, now);
      // The server's clock shows 0 when the local one shows −ahead.
      expect(Math.abs(originMs + ahead)).toBeLessThanOrEqual(uncertaintyMs + 1e-6);
      const answered = rounds.filter(({ answers }) => answers);
      const shortest = Math.min(...answered.map(({ toServerMs, backMs }) => toServerMs + backMs));
      expect(uncertaintyMs).toBeLessThanOrEqual(shortest / 2 + 1e-6);
    }),
    { numRuns: 200 },
  );
});

test('the offset is the local wall clock minus the control server’s', async () => {
  const still = { toServerMs: 0, backMs: 0, answers: true };
  const { link, now } = controlServer(1000, [still, still, still, still]);
  const { offsetMs } = await anchorClock(link, {}, now);
  expect(Math.abs(offsetMs - (Date.now() - (now() + 1000)))).toBeLessThan(100);
});

test.each([
  ['no round is answered', { toServerMs: 1, backMs: 1, answers: false }],
  ['every round trip is too long', { toServerMs: CLOCK_REFUSAL_MS + 1, backMs: CLOCK_REFUSAL_MS + 1, answers: true }],
])('the lane is refused when %s', async (_why, every) => {
  const { link, now } = controlServer(0, [every, every, every, every]);
  await expect(anchorClock(link, {}, now)).rejects.toMatchObject({ type: 'ClockUnknown', nonRetryable: true });
});

test("a round without the server's time is left out", async () => {
  const rounds = [1, 2, 3, 4].map(() => ({ toServerMs: 2, backMs: 2, answers: true }));
  const { link, now } = controlServer(7, rounds);
  const tell = link.lastHeartbeatMs.bind(link);
  let asked = 0;
  link.lastHeartbeatMs = async () => ((asked += 1) < 4 ? Promise.reject(new Error('away')) : await tell());
  const { originMs, uncertaintyMs } = await anchorClock(link, {}, now);
  expect(asked).toBe(4);
  expect(originMs).toBeCloseTo(-7);
  expect(uncertaintyMs).toBeCloseTo(2);
});
