import fc from 'fast-check';
import { AuditWindows, meanDuring } from '../../measurement/audit-windows';

test('windows stay bounded, cover the whole life, and keep its mean', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), (seconds) => {
      const windows = new AuditWindows(1000);
      for (let i = 0; i < seconds; i += 1)
        windows.add({ startMs: i * 1000, eventLoopUtilization: i % 2, slotsExhaustedShare: 0 });
      const { widthMs, rows } = windows.encode();
      expect(rows.length).toBeLessThan(240);
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
    windows.add({ startMs: i * 1000, eventLoopUtilization: i < 50 ? 0.01 : 0.95, slotsExhaustedShare: i < 50 ? 0 : 1 });
  }
  expect(meanDuring(windows.encode(), 50_000, 60_000)).toEqual({ eventLoopUtilization: 0.95, slotsExhaustedShare: 1 });
  expect(meanDuring(windows.encode(), 0, 50_000)).toEqual({ eventLoopUtilization: 0.01, slotsExhaustedShare: 0 });
  expect(meanDuring(windows.encode(), 100_000, 110_000)).toBeUndefined();
});
