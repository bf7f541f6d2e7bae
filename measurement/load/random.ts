/**
 * Returns a counter-based random number: the same words give the same number, in any order and in any process. Therefore
 * a generator that takes over a lane can recompute the arrivals of its predecessor.
 *
 * Two rounds of MurmurHash3's 32-bit mixing over the words, each with a different initial value, give 53 bits.
 *
 * @param words integers that identify the number, e.g. (seed, step, lane, i)
 * @returns a double in the open interval (0, 1): never 0, so that its logarithm is finite
 */
export function uniform(...words: number[]): number {
  const high = hash32(0x9e3779b9, words) >>> 5; // 27 bits
  const low = hash32(0x85ebca6b, words) >>> 6; // 26 bits
  return (high * 2 ** 26 + low + 0.5) / 2 ** 53;
}

/** Returns the MurmurHash3 (x86, 32 bit) of integer words. */
export function hash32(start: number, words: readonly number[]): number {
  let h = start | 0;
  for (const word of words) {
    let k = Math.imul(word | 0, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  h ^= words.length * 4;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
