/** Each bucket of a latency distribution over time is wider than the one before it by this factor. */
const FACTOR = Math.SQRT2;
/** The upper bound of the first bucket, milliseconds. */
const FIRST_MS = 1;
/** The last bucket has no upper bound: it holds what takes longer than 32 s. */
const COUNT = 32;

/** The upper bounds of the buckets, milliseconds: 1, 1.41, 2, … 32,768, and infinity. */
export const BUCKET_BOUNDS_MS: readonly number[] = Array.from({ length: COUNT }, (_, i) =>
  i === COUNT - 1 ? Infinity : FIRST_MS * FACTOR ** i,
);

/** Returns the index of the bucket that a latency belongs to. */
export function bucketOf(latencyMs: number): number {
  if (latencyMs <= FIRST_MS) return 0;
  // The logarithm of a bound may be above its integer by a rounding error.
  return Math.min(COUNT - 1, Math.ceil(Math.log(latencyMs / FIRST_MS) / Math.log(FACTOR) - 1e-9));
}

/** Returns the sum of two distributions; each is as long as its last bucket that is not empty. */
export function addBuckets(a: readonly number[], b: readonly number[]): readonly number[] {
  if (b.length === 0) return a;
  if (a.length === 0) return b;
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (a[i] ?? 0) + (b[i] ?? 0));
}
