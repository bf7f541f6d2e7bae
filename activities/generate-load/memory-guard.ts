import { getHeapStatistics } from 'node:v8';
import { containerMemory } from './container-memory';

/** The in-flight cap is halved while the process uses more than this share of its memory limit … */
const PRESSURE_SHARE = 0.9;
/** … and doubled, up to its full value, while it uses less than this share. */
const RELIEF_SHARE = 0.75;
const MIN_CAP = 10;

/**
 * Lowers a lane's in-flight cap while the process is short of memory. Skipped arrivals are counted; the death of the
 * process would leave a gap.
 */
export class MemoryGuard {
  private cap: number;
  private lowered = 0;

  /**
   * @param warn receives the new cap when the cap is lowered
   * @param used returns the used share of the memory limit, 0–1
   */
  constructor(
    private readonly fullCap: number,
    private readonly warn: (cap: number) => void,
    private readonly used: () => number = () => usedShare(),
  ) {
    this.cap = fullCap;
  }

  sample(): void {
    const used = this.used();
    if (used > PRESSURE_SHARE && this.cap > MIN_CAP) {
      this.cap = Math.max(MIN_CAP, Math.floor(this.cap / 2));
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

/**
 * Returns the larger of two shares: the heap's share of its limit, and the share of its memory that the container uses.
 * BENCHMARK_MEMORY_LIMIT is the limit of this process alone, in bytes, and replaces that of the container.
 */
export function usedShare(env = process.env, container = containerMemory): number {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  const given = Number(env.BENCHMARK_MEMORY_LIMIT);
  const { usedBytes, limitBytes } =
    given > 0
      ? { usedBytes: process.memoryUsage.rss(), limitBytes: given }
      : (container() ?? { usedBytes: 0, limitBytes: 1 });
  return Math.max(used_heap_size / heap_size_limit, usedBytes / limitBytes);
}
