import { normalCdf } from './normal';

/** Up to this many samples on both sides together, the distribution is exact; beyond it, it is the normal approximation. */
export const MAX_EXACT = 100;

/**
 * Returns the two-sided p-value of the Mann–Whitney test: the probability that random assignment of all samples to two
 * groups of these sizes gives rank sums at least as far from their mean.
 *
 * The distribution is that of the midranks, so ties are exact too. With ranks doubled to integers, the number of ways to
 * choose n of N samples with the rank sum s follows from N steps of
 *
 *   ways[n][s] += ways[n − 1][s − rank].
 *
 * @returns 1 if one of the sides has no sample
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const [n, all] = [a.length, a.length + b.length];
  if (n === 0 || n === all) return 1;
  const ranks = doubledRanks([...a, ...b]);
  const sum = ranks.slice(0, n).reduce((total, rank) => total + rank, 0);
  const mean = n * (all + 1);
  const distance = Math.abs(sum - mean);
  return all <= MAX_EXACT ? exact(ranks, n, mean, distance) : approximate(ranks, n, distance);
}

/** Returns the smallest p-value that two sides of `n` samples each can have: 2 / C(2n, n). */
export function smallestP(n: number): number {
  let ways = 1;
  for (let i = 1; i <= n; i += 1) ways *= (n + i) / i;
  return Math.min(1, 2 / ways);
}

function exact(ranks: readonly number[], n: number, mean: number, distance: number): number {
  const width = ranks.reduce((total, rank) => total + rank, 0) + 1;
  const ways = Array.from({ length: n + 1 }, () => new Float64Array(width));
  ways[0]![0] = 1;
  ranks.forEach((rank, i) => {
    for (let k = Math.min(i + 1, n); k >= 1; k -= 1) {
      const [to, from] = [ways[k]!, ways[k - 1]!];
      for (let s = width - 1; s >= rank; s -= 1) to[s]! += from[s - rank]!;
    }
  });
  let [far, total] = [0, 0];
  ways[n]!.forEach((count, s) => {
    total += count;
    if (Math.abs(s - mean) >= distance) far += count;
  });
  return far / total;
}

/** The normal approximation with the variance of the midranks, which accounts for ties. */
function approximate(ranks: readonly number[], n: number, distance: number): number {
  const all = ranks.length;
  const mean = all + 1;
  const spread = ranks.reduce((sum, rank) => sum + (rank - mean) ** 2, 0);
  const variance = (n * (all - n) * spread) / (all * (all - 1));
  return variance === 0 ? 1 : 2 * (1 - normalCdf(Math.max(0, distance - 1) / Math.sqrt(variance)));
}

/** Returns twice the midrank of each value; equal values share the mean of their ranks. */
function doubledRanks(values: readonly number[]): number[] {
  const order = values.map((_value, i) => i).sort((i, j) => values[i]! - values[j]!);
  const ranks = new Array<number>(values.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1]!] === values[order[from]!]) to += 1;
    for (let k = from; k <= to; k += 1) ranks[order[k]!] = from + to + 2;
    from = to + 1;
  }
  return ranks;
}

/**
 * Adjusts p-values for the number of tests by Holm's method: the i-th smallest of m is multiplied by m − i + 1, and none is
 * smaller than the one before it. Returns them in the order of the input.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_p, i) => i).sort((i, j) => pValues[i]! - pValues[j]!);
  const adjusted = new Array<number>(pValues.length);
  let floor = 0;
  order.forEach((index, i) => {
    floor = Math.max(floor, Math.min(1, pValues[index]! * (pValues.length - i)));
    adjusted[index] = floor;
  });
  return adjusted;
}
