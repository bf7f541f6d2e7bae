/** The sides of a comparison: the base, and what is compared with it. */
export type SideName = 'base' | 'new';

/**
 * Returns the order of `n` runs of each side: base, new, new, base, and so on. Each pair has both sides, and the side that
 * comes first alternates, so a linear drift of the environment affects both sides equally: if n is even, the positions of
 * both sides have the same sum, and if it is odd, the sums differ by 1.
 */
export function abbaOrder(n: number): SideName[] {
  return Array.from({ length: n }, (_, pair): SideName[] =>
    pair % 2 === 0 ? ['base', 'new'] : ['new', 'base'],
  ).flat();
}
