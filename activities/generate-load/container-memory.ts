import { readFileSync } from 'node:fs';

/** The memory of a container: of all its processes together. */
export interface ContainerMemory {
  readonly limitBytes: number;
  /** Without the page cache that the system can take back. */
  readonly usedBytes: number;
}

/** Returns the content of a file; throws if it cannot be read. */
export type ReadFile = (path: string) => string;

/** The files of cgroup v2 and v1. Without a limit, v2 has `max` and v1 a huge number. */
const VERSIONS = [
  { folder: '/sys/fs/cgroup', line: /^0::(.*)$/m, limit: 'memory.max', used: 'memory.current', cache: 'inactive_file' },
  {
    folder: '/sys/fs/cgroup/memory',
    line: /^\d+:memory:(.*)$/m,
    limit: 'memory.limit_in_bytes',
    used: 'memory.usage_in_bytes',
    cache: 'total_inactive_file',
  },
];

/**
 * Returns the memory of the container of this process. Several generators may share a container, so that the memory of one
 * process says nothing about its limit. Returns undefined if there is no limit, or it cannot be read.
 */
export function containerMemory(read: ReadFile = (path) => readFileSync(path, 'utf8')): ContainerMemory | undefined {
  const own = attempt(() => read('/proc/self/cgroup')) ?? '';
  for (const { folder, line, limit, used, cache } of VERSIONS) {
    const path = line.exec(own)?.[1] ?? '/';
    // In a container with a cgroup namespace of its own, the path of the host does not exist.
    for (const at of new Set([`${folder}${path === '/' ? '' : path}`, folder])) {
      const limitBytes = Number(attempt(() => read(`${at}/${limit}`)));
      const allBytes = Number(attempt(() => read(`${at}/${used}`)));
      if (!(limitBytes > 0 && Number.isSafeInteger(limitBytes) && allBytes > 0)) continue;
      const stat = attempt(() => read(`${at}/memory.stat`)) ?? '';
      const cached = Number(new RegExp(`^${cache} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0);
      return { limitBytes, usedBytes: Math.max(0, allBytes - cached) };
    }
  }
  return undefined;
}

function attempt(read: () => string): string | undefined {
  try {
    return read().trim();
  } catch {
    return undefined;
  }
}
