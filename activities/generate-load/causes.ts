import type { Provisional } from '../../measurement/account/lane';
import type { SequenceSet } from '../../measurement/account/sequence-set';

/** A result names at most this many runs of provisional sequences; beyond it they are settled by count. */
export const MAX_RUNS = 500;

/** Adds one to the count of a cause. */
export function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Returns the sum of all counts. */
export function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((all, n) => all + n, 0);
}

/** Returns how many sequences each cause has. */
export function sizes(sets: ReadonlyMap<string, SequenceSet>): Record<string, number> {
  return Object.fromEntries([...sets].map(([cause, set]) => [cause, set.size]));
}

/** Returns the sequences of each cause; null if there are too many runs of them to name. */
export function encode(sets: ReadonlyMap<string, SequenceSet>): Provisional['rejected'] {
  const runs = [...sets.values()].reduce((all, set) => all + set.runCount, 0);
  return runs > MAX_RUNS ? null : Object.fromEntries([...sets].map(([cause, set]) => [cause, set.encode()]));
}
