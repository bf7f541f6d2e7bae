import { LaneAudit } from '../../../activities/generate-load/lane-audit';
import { WINDOW_MS } from '../../../measurement/account/generator-audit';

const anchor = { originMs: 0, offsetMs: 12.34567, uncertaintyMs: 0.98765 };
let nowMs = 0;
beforeEach(() => {
  nowMs = performance.now();
  jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
  jest.spyOn(performance, 'eventLoopUtilization').mockReturnValue({ idle: 9, active: 1, utilization: 0.1 });
});
afterEach(() => jest.restoreAllMocks());

/** Samples a lane once per second of its step, as heartbeats do; `each` sends in that second. */
function play(audit: LaneAudit, seconds: number, each: (second: number) => void = () => undefined, isOn = true): void {
  for (let second = 0; second <= seconds; second += 1) {
    audit.sample(second, second * 1000, isOn);
    each(second);
    nowMs += 1000;
  }
}

test('the audit contains the process, the attempt, the clock to a microsecond, and the maximum in flight', () => {
  const audit = new LaneAudit('generator@here:1', 2);
  audit.observerRetries += 3;
  play(audit, 5);
  expect(audit.finish(anchor, 4, 10)).toMatchObject({
    identity: 'generator@here:1',
    attempts: 2,
    clockOffsetMs: 12.346,
    clockUncertaintyMs: 0.988,
    observerRetries: 3,
    maxInFlight: 5,
    capLowered: 4,
  });
});

test.each([
  [3, 0],
  [6, 1],
  [24, 2],
  [26, 3],
])('a load of %i s has %i windows of 10 s: a last one counts from half its length', (seconds, windows) => {
  const audit = new LaneAudit('x', 1);
  play(audit, seconds - 1);
  audit.loadOver();
  expect(audit.finish(anchor, 0, 10).windows!.count).toBe(windows);
});

test('a window in which starts were late is limited, and the one after it is judged by itself', () => {
  const audit = new LaneAudit('x', 1);
  const lagMs = (second: number) => (second * 1000 < WINDOW_MS ? 200 : 1);
  play(audit, 30, (second) => {
    for (let i = 0; i < 50; i += 1) audit.sent(lagMs(second));
  });
  const { windows } = audit.finish(anchor, 0, 10);
  expect(windows).toMatchObject({
    count: 3,
    limited: 1,
    first: expect.stringMatching(/^after 0 s: .* 2\d\d\.\d ms late/),
  });
});

test('windows cover only the time of the load: none before it, and the last one ends with it', () => {
  const audit = new LaneAudit('x', 1);
  play(audit, 30, undefined, false);
  expect(audit.finish(anchor, 0, 10).windows!.count).toBe(0);
  const over = new LaneAudit('x', 1);
  play(over, 12);
  over.loadOver();
  const before = over.finish(anchor, 0, 10);
  play(over, 40, undefined, false);
  expect(over.finish(anchor, 0, 10).windows).toEqual(before.windows);
});
