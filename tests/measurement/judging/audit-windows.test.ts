import fc from 'fast-check';
import { AuditWindows, longestSilence, meanDuring } from '../../../measurement/judging/audit-windows';

test('windows stay bounded, cover the whole life, and keep its mean', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), (seconds) => {
      const windows = new AuditWindows(1000);
      for (let i = 0; i < seconds; i += 1)
        windows.add({ startMs: i * 1000, eventLoopUtilization: i % 2, slotsExhaustedShare: 0, cpuCores: 0 });
      const { widthMs, rows } = windows.encode();
      expect(rows.length).toBeLessThan(120);
      // What has not filled a window yet is all that may be missing.
      expect(rows.length * widthMs).toBeGreaterThan(seconds * 1000 - widthMs * 2);
      rows.forEach(([startMs], i) => expect(startMs).toBe(i * widthMs));
    }),
    { numRuns: 100 },
  );
});

test('a host is judged by the time of the hold: idle before it does not dilute what it was in it', () => {
  const windows = new AuditWindows(1000);
  for (let i = 0; i < 60; i += 1) {
    windows.add({
      startMs: i * 1000,
      eventLoopUtilization: i < 50 ? 0.01 : 0.95,
      slotsExhaustedShare: i < 50 ? 0 : 1,
      cpuCores: i < 50 ? 0.1 : 1.5,
    });
  }
  expect(meanDuring(windows.encode(), 50_000, 60_000)).toEqual({
    eventLoopUtilization: 0.95,
    slotsExhaustedShare: 1,
    cpuCores: 1.5,
  });
  expect(meanDuring(windows.encode(), 0, 50_000)).toEqual({
    eventLoopUtilization: 0.01,
    slotsExhaustedShare: 0,
    cpuCores: 0.1,
  });
  expect(meanDuring(windows.encode(), 100_000, 110_000)).toBeUndefined();
});

test('the longest silence of a process is found wherever it lies, however wide the windows have become', () => {
  fc.assert(
    fc.property(fc.nat(900), fc.integer({ min: 2, max: 60 }), fc.nat(900), (before, silent, after) => {
      const windows = new AuditWindows(1000);
      const add = (second: number) =>
        windows.add({ startMs: second * 1000, eventLoopUtilization: 0, slotsExhaustedShare: 0, cpuCores: 0 });
      for (let i = 0; i < before; i += 1) add(i);
      // A successor goes on with what the process before it has left.
      const successor = new AuditWindows(1000, windows.encode());
      const from = before + silent;
      for (let i = 0; i < after; i += 1)
        successor.add({ startMs: (from + i) * 1000, eventLoopUtilization: 0, slotsExhaustedShare: 0, cpuCores: 0 });
      const end = (from + after) * 1000;
      const found = longestSilence(successor.encode(), 0, end);
      // What fills no window yet when a process ends is not told of the time before its successor's first one.
      expect(found).toBeGreaterThanOrEqual(silent * 1000 - successor.encode().widthMs);
      expect(found).toBeLessThanOrEqual(silent * 1000 + 2 * successor.encode().widthMs);
    }),
    { numRuns: 200 },
  );
});

test('a process that is heard every second is never silent', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), (seconds) => {
      const windows = new AuditWindows(1000);
      for (let i = 0; i < seconds; i += 1)
        windows.add({ startMs: i * 1000, eventLoopUtilization: 0, slotsExhaustedShare: 0, cpuCores: 0 });
      expect(longestSilence(windows.encode(), 0, seconds * 1000)).toBe(0);
    }),
    { numRuns: 100 },
  );
});
