import { containerMemory } from '../../../activities/generate-load/container-memory';
import { MemoryGuard, usedShare } from '../../../activities/generate-load/memory-guard';

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

/** Reads files from a record; a file that is not in it cannot be read. */
const reader = (files: Record<string, string>) => (path: string) => {
  if (files[path] === undefined) throw new Error(`no such file: ${path}`);
  return files[path];
};
const v2 = { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': '1000\n' };

test.each<[string, Record<string, string>, ReturnType<typeof containerMemory>]>([
  ['cgroup v2', { ...v2, '/sys/fs/cgroup/memory.current': '950\n' }, { limitBytes: 1000, usedBytes: 950 }],
  [
    'page cache that can be taken back',
    {
      ...v2,
      '/sys/fs/cgroup/memory.current': '950',
      '/sys/fs/cgroup/memory.stat': 'anon 100\ninactive_file 700\nactive_file 5\n',
    },
    { limitBytes: 1000, usedBytes: 250 },
  ],
  [
    'a cgroup of its own below the root',
    {
      '/proc/self/cgroup': '0::/a.slice\n',
      '/sys/fs/cgroup/a.slice/memory.max': '2000',
      '/sys/fs/cgroup/a.slice/memory.current': '10',
    },
    { limitBytes: 2000, usedBytes: 10 },
  ],
  [
    'a path of the host that does not exist in the container',
    { ...v2, '/proc/self/cgroup': '0::/docker/abc\n', '/sys/fs/cgroup/memory.current': '7' },
    { limitBytes: 1000, usedBytes: 7 },
  ],
  [
    'cgroup v1',
    {
      '/proc/self/cgroup': '4:memory:/docker/abc\n0::/\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '3000',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '100',
      '/sys/fs/cgroup/memory/memory.stat': 'inactive_file 1\ntotal_inactive_file 40\n',
    },
    { limitBytes: 3000, usedBytes: 60 },
  ],
  ['no limit in v2', { ...v2, '/sys/fs/cgroup/memory.max': 'max\n', '/sys/fs/cgroup/memory.current': '7' }, undefined],
  [
    'no limit in v1',
    {
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '100',
    },
    undefined,
  ],
  ['no cgroup', {}, undefined],
])('the memory of the container: %s', (_what, files, expected) => {
  expect(containerMemory(reader(files))).toEqual(expected);
});

test('the limit of a container is compared with what all of its processes use, the limit of a process with its own', () => {
  const container = () => ({ limitBytes: 1000, usedBytes: 950 });
  expect(usedShare({}, container)).toBe(0.95);
  expect(usedShare({ BENCHMARK_MEMORY_LIMIT: String(2 ** 50) }, container)).toBeLessThan(0.9);
  expect(usedShare({ BENCHMARK_MEMORY_LIMIT: '1' }, container)).toBeGreaterThan(1000);
  expect(usedShare({}, () => undefined)).toBeLessThan(0.9);
});
