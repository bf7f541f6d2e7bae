import fc from 'fast-check';
import { uniform } from '../../../measurement/load/random';
import { AuditWindows, longestSilence, meanDuring } from '../../../measurement/judging/audit-windows';

test('windows stay bounded, cover all reported time, and keep the mean load', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.nat(), (count, seed) => {
      const loads = Array.from({ length: count }, (_, i) => uniform(seed, i));
      const windows = new AuditWindows(1000);
      loads.forEach((load, i) =>
        windows.add({
          startMs: i * 1000,
          eventLoopUtilization: load,
          slotsExhaustedShare: 1 - load,
          cpuCores: 2 * load,
        }),
      );
      const { widthMs, untilMs, pendingMs, rows } = windows.encode();
      expect(rows.length).toBeLessThan(120);
      // Rows cover all reported time, except the end that does not fill a window yet.
      expect(pendingMs).toBeLessThan(widthMs);
      expect([rows.length * widthMs + pendingMs, untilMs]).toEqual([loads.length * 1000, loads.length * 1000]);
      const wrong = rows.filter(([startMs, load, slots, cores], i) => {
        const inRow = loads.slice((i * widthMs) / 1000, ((i + 1) * widthMs) / 1000);
        const mean = inRow.reduce((sum, one) => sum + one, 0) / inRow.length;
        // Each of at most six joins rounds to 0.0001.
        const errors = [load - mean, slots - (1 - mean), cores - 2 * mean].map(Math.abs);
        return startMs !== i * widthMs || Math.max(...errors) > 0.0005;
      });
      expect(wrong).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test('the mean load of a hold contains only the time of the hold, not idle time before it', () => {
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

test('the longest silence of a process is found exactly, wherever it is and however wide the windows are', () => {
  fc.assert(
    fc.property(
      fc.nat(900),
      fc.integer({ min: 2, max: 60 }),
      fc.integer({ min: 1, max: 900 }),
      (before, silent, after) => {
        const windows = new AuditWindows(1000);
        const idle = { eventLoopUtilization: 0, slotsExhaustedShare: 0, cpuCores: 0 };
        for (let i = 0; i < before; i += 1) windows.add({ startMs: i * 1000, ...idle });
        // A successor continues the windows of its predecessor.
        const successor = new AuditWindows(1000, windows.encode());
        const from = before + silent;
        for (let i = 0; i < after; i += 1) successor.add({ startMs: (from + i) * 1000, ...idle });
        const found = longestSilence(successor.encode(), 0, (from + after) * 1000);
        expect(found).toBe(silent * 1000);
      },
    ),
    { numRuns: 300 },
  );
});

test('a process that reports every second is never silent', () => {
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

test('an absence of a second after hours is a second, and joining windows hides no absence', () => {
  const idle = { eventLoopUtilization: 0, slotsExhaustedShare: 0, cpuCores: 0 };
  const windows = new AuditWindows(1000);
  let atMs = 0;
  for (let second = 0; second < 3 * 3600; second += 1) {
    atMs += second === 3601 ? 2000 : second === 7203 ? 6000 : 1000;
    windows.add({ startMs: atMs, ...idle });
  }
  const encoded = windows.encode();
  expect(longestSilence(encoded, 3_600_000, 3_700_000)).toBe(1000);
  expect(longestSilence(encoded, 7_000_000, 7_300_000)).toBe(5000);
  expect(longestSilence(encoded, 8_000_000, 9_000_000)).toBe(0);
});

test('of many absences the longest are kept', () => {
  const idle = { eventLoopUtilization: 0, slotsExhaustedShare: 0, cpuCores: 0 };
  const windows = new AuditWindows(1000);
  let atMs = 0;
  for (let i = 0; i < 200; i += 1) windows.add({ startMs: (atMs += i === 20 ? 9000 : 1500), ...idle });
  expect(windows.encode().gaps!.length).toBeLessThanOrEqual(30);
  expect(longestSilence(windows.encode(), 0, atMs)).toBe(8000);
});
