import fc from 'fast-check';
import { anchorClock, CLOCK_REFUSAL_MS, type Anchored } from '../../../activities/generate-load/clock';
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
      const { toServerMs, backMs, answers } = rounds[(round += 1) % rounds.length]!;
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
  const pause = async (ms: number) => void (now += ms);
  return { link, pause, now: () => now, anchor: async () => anchored(await anchorClock(link, {}, () => now, pause)) };
}

function anchored(result: Anchored | 'superseded'): Anchored {
  if (result === 'superseded') throw new Error('superseded');
  return result;
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
      const { anchor } = await controlServer(ahead, rounds).anchor();
      const { originMs, uncertaintyMs } = anchor;
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
  const { now, anchor } = controlServer(1000, [still, still, still, still]);
  const { offsetMs } = (await anchor()).anchor;
  expect(Math.abs(offsetMs - (Date.now() - (now() + 1000)))).toBeLessThan(100);
});

test.each([
  ['no round is answered', { toServerMs: 1, backMs: 1, answers: false }],
  ['every round trip is too long', { toServerMs: CLOCK_REFUSAL_MS + 1, backMs: CLOCK_REFUSAL_MS + 1, answers: true }],
])('the lane is tried again when %s', async (_why, every) => {
  const { anchor } = controlServer(0, [every]);
  await expect(anchor()).rejects.toMatchObject({ type: 'ClockUnknown', nonRetryable: false });
});

test('a control server that answers nothing for ten seconds while a lane gets ready costs time, and not the lane', async () => {
  const away = { toServerMs: 1, backMs: 1, answers: false };
  const { anchor, now } = controlServer(7, [...Array.from({ length: 35 }, () => away), { ...away, answers: true }]);
  const startedAt = now();
  const { anchor: found, provenAtMs } = await anchor();
  expect(found.originMs).toBeCloseTo(-7);
  expect(now() - startedAt).toBeGreaterThan(8000);
  expect(provenAtMs).toBeGreaterThan(startedAt);
});

test('bounds that contradict each other, because a clock was set, widen the uncertainty', async () => {
  const still = { toServerMs: 1, backMs: 1, answers: true };
  const { link, now, pause } = controlServer(0, [still]);
  const read = link.lastHeartbeatMs.bind(link);
  let asked = 0;
  link.lastHeartbeatMs = async () => (await read())! + ((asked += 1) > 2 ? 400 : 0);
  const found = await anchorClock(link, {}, now, pause);
  expect(found).toMatchObject({ anchor: { uncertaintyMs: expect.closeTo(199, 0) } });
});

test.each(['canceled', 'superseded'] as const)(
  'an attempt that is %s while it gets ready learns of it',
  async (state) => {
    const { link, now, pause } = controlServer(0, [{ toServerMs: 1, backMs: 1, answers: true }]);
    const beat = link.heartbeat.bind(link);
    link.heartbeat = async (...call) => ((await beat(...call)) === 'current' ? state : 'unreachable');
    const found = await anchorClock(link, {}, now, pause);
    expect(found === 'superseded' ? found : { isCanceled: found.isCanceled }).toEqual(
      state === 'superseded' ? state : { isCanceled: true },
    );
  },
);

test("a round without the server's time is repeated", async () => {
  const { link, now, pause } = controlServer(7, [{ toServerMs: 2, backMs: 2, answers: true }]);
  const read = link.lastHeartbeatMs.bind(link);
  let asked = 0;
  link.lastHeartbeatMs = async () => ((asked += 1) < 4 ? Promise.reject(new Error('away')) : await read());
  const { originMs, uncertaintyMs } = anchored(await anchorClock(link, {}, now, pause)).anchor;
  expect(asked).toBe(7);
  expect(originMs).toBeCloseTo(-7);
  expect(uncertaintyMs).toBeCloseTo(2);
});

test('with a round trip of 300 ms to the control server, a lane is ready within the second lead of a first step', async () => {
  const server = controlServer(0, [{ toServerMs: 150, backMs: 150, answers: true }]);
  const before = server.now();
  // After each heartbeat, the lane is described, which takes another round trip. The second lead of a first step is 5 s.
  const far = {
    heartbeat: server.link.heartbeat.bind(server.link),
    lastHeartbeatMs: async () => {
      await server.pause(297);
      return await server.link.lastHeartbeatMs();
    },
  } as unknown as ControlLink;
  const { anchor } = anchored(await anchorClock(far, {}, server.now, server.pause));
  expect(server.now() - before).toBeLessThan(3000);
  expect(anchor.uncertaintyMs).toBeLessThanOrEqual(150);
  expect(Math.abs(anchor.originMs)).toBeLessThanOrEqual(anchor.uncertaintyMs);
});
