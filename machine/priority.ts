import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

/** A higher number is a lower priority; processes have 0 unless their user asks for another one. */
const YIELDING = 10;

/**
 * Lets all other processes have the CPU before this one, whose threads exist already. On Linux a priority belongs to a
 * thread, and new threads inherit it. Without the permission, or if a thread has just ended, it stays as it is.
 */
export function yieldCpu(pid: number): void {
  for (const thread of threadsOf(pid)) {
    try {
      setPriority(thread, YIELDING);
    } catch {
      continue;
    }
  }
}

function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [pid];
  }
}
