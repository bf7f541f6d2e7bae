import { readFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';

/** Beyond this share of what the process may use, the in-flight cap is halved; below the other it rises again. */
const PRESSURE_SHARE = 0.9;
const RELIEF_SHARE = 0.75;
const LEAST_CAP = 10;

/** Lowers a lane's in-flight cap while the process is short of memory: skipped arrivals are counted, a death is a gap. */
export class MemoryGuard {
  private cap: number;
  private lowered = 0;

  /**
   * @param used share of the memory the process may use that it does use, 0–1
   * @param warn told when the cap is lowered
   */
  constructor(
    private readonly fullCap: number,
    private readonly warn: (cap: number) => void,
    private readonly used: () => number = usedShare,
  ) {
    this.cap = fullCap;
  }

  sample(): void {
    const used = this.used();
    if (used > PRESSURE_SHARE && this.cap > LEAST_CAP) {
      this.cap = Math.max(LEAST_CAP, Math.floor(this.cap / 2));
      this.lowered += 1;
      this.warn(this.cap);
    } else if (used < RELIEF_SHARE) this.cap = Math.min(this.fullCap, this.cap * 2);
  }

  get inFlightCap(): number {
    return this.cap;
  }

  get underPressure(): boolean {
    return this.cap < this.fullCap;
  }

  /** How often the cap was lowered. */
  get timesLowered(): number {
    return this.lowered;
  }
}

/** The larger of the heap's share of its limit and the process's share of its container's. */
function usedShare(): number {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  const limit = memoryLimit();
  const ofContainer = limit === undefined ? 0 : process.memoryUsage.rss() / limit;
  return Math.max(used_heap_size / heap_size_limit, ofContainer);
}

/** BENCHMARK_MEMORY_LIMIT in bytes, or the cgroup's limit; undefined where there is none. */
function memoryLimit(): number | undefined {
  const given = Number(process.env.BENCHMARK_MEMORY_LIMIT);
  if (given > 0) return given;
  try {
    const text = readFileSync('/sys/fs/cgroup/memory.max', 'utf8').trim();
    return text === 'max' ? undefined : Number(text);
  } catch {
    return undefined;
  }
}
