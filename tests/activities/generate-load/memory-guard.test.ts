import { MemoryGuard } from '../../../activities/generate-load/memory-guard';

test('memory pressure halves the cap down to ten with a warning each time, and relief restores it', () => {
  let used = 0.95;
  const warned: number[] = [];
  const guard = new MemoryGuard(
    100,
    (cap) => warned.push(cap),
    () => used,
  );
  for (let i = 0; i < 6; i += 1) guard.sample();
  expect(warned).toEqual([50, 25, 12, 10]);
  expect(guard).toMatchObject({ inFlightCap: 10, underPressure: true, timesLowered: 4 });
  used = 0.8;
  guard.sample();
  expect(guard.inFlightCap).toBe(10);
  used = 0.5;
  for (let i = 0; i < 6; i += 1) guard.sample();
  expect(guard).toMatchObject({ inFlightCap: 100, underPressure: false });
});
