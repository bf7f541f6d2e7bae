import fc from 'fast-check';
import {
  lagLimit,
  limitedBy,
  mergeWindows,
  summarizeWindows,
  windowsCheck,
} from '../../../measurement/judging/generator-windows';
import { noWindows, type GeneratorWindow } from '../../../measurement/account/generator-audit';

const healthy: GeneratorWindow = {
  startMs: 0,
  eventLoopUtilization: 0.3,
  eventLoopDelayP99Ms: 1,
  cpuCores: 0.4,
  cpuThrottledShare: 0,
  machineBusyShare: 0.5,
  sent: 1000,
  lagP95Ms: 2,
};

test('a generator falls behind in a window because of lag, a busy main thread or CPU throttling; lag needs 130 starts', () => {
  expect(limitedBy(healthy, 10)).toBeUndefined();
  expect(limitedBy({ ...healthy, lagP95Ms: 10.1 }, 10)).toMatch(/10.1 ms late \(limit 10.0 ms\)/);
  expect(limitedBy({ ...healthy, lagP95Ms: 9 }, 10)).toBeUndefined();
  expect(limitedBy({ ...healthy, lagP95Ms: 50, sent: 129 }, 10)).toBeUndefined();
  expect(limitedBy({ ...healthy, eventLoopUtilization: 0.81 }, 10)).toMatch(/main thread was 81 % busy/);
  expect(limitedBy({ ...healthy, cpuThrottledShare: 0.02 }, 10)).toMatch(/throttled 2.0 %/);
  expect(limitedBy({ ...healthy, cpuThrottledShare: null }, 10)).toBeUndefined();
});

const windows = fc.array(
  fc.record({
    startMs: fc.nat(),
    eventLoopUtilization: fc.double({ min: 0, max: 1, noNaN: true }),
    eventLoopDelayP99Ms: fc.double({ min: 0, max: 100, noNaN: true }),
    cpuCores: fc.double({ min: 0, max: 4, noNaN: true }),
    cpuThrottledShare: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    machineBusyShare: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    sent: fc.nat(5000),
    lagP95Ms: fc.double({ min: 0, max: 50, noNaN: true }),
  }),
);

test('property: the summaries of generators merge to the summary of all their windows', () => {
  fc.assert(
    fc.property(fc.array(windows), fc.double({ min: 0, max: 500, noNaN: true }), (generators, lagLimitMs) => {
      const merged = mergeWindows(generators.map((one) => summarizeWindows(one, lagLimitMs)));
      const all = generators.flat();
      expect(merged.count).toBe(all.length);
      expect(merged.limited).toBe(all.filter((one) => limitedBy(one, lagLimitMs) !== undefined).length);
      expect(merged.first === undefined).toBe(merged.limited === 0);
      const busy = all.flatMap(({ machineBusyShare }) => machineBusyShare ?? []);
      expect(merged.machineBusyShare).toBe(busy.length === 0 ? null : Math.max(...busy));
    }),
  );
});

test('the lag limit is the highest of 5 ms, a tenth of the median start latency, and a tenth of the latency up to 100 ms', () => {
  const limits = [
    [0, 0],
    [51, 0],
    [200, 10],
    [0, 50],
    [0, 300],
    [200, 300],
    [0, 5000],
  ] as const;
  expect(limits.map(([start, latency]) => Math.round(lagLimit(start, latency) * 10) / 10)).toEqual([
    5, 5.1, 20, 5, 30, 30, 100,
  ]);
});

test('one bad window in twenty is tolerated, two are not; the reason names the generator, the time and the machine CPU', () => {
  const bad = { ...healthy, startMs: 30_000, lagP95Ms: 40, machineBusyShare: 0.99 };
  const check = (...all: GeneratorWindow[]) => windowsCheck([{ identity: 'g', windows: summarizeWindows(all, 10) }]);
  const nineteen = Array.from({ length: 19 }, () => healthy);
  expect(check(...nineteen, bad)).toMatchObject({ ok: true, measured: 0.05 });
  const failed = check(...nineteen.slice(1), bad, bad);
  expect(failed).toMatchObject({ ok: false, measured: 0.1 });
  expect(failed.detail).toBe(
    'generators fell behind in 2 of 20 windows of 10 s (limit 5 %); first: g after 30 s: 5 % of the starts were more than 40.0 ms late (limit 10.0 ms); machine CPU up to 99 % busy, the generator used 0.4 cores',
  );
  expect(windowsCheck([{ identity: 'g', windows: noWindows }, { identity: 'idle' }])).toMatchObject({ ok: true });
});
