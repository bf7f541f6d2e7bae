import type { Trial } from './evidence';
import { goalState, nextTrial, type SearchPlan } from './search';

/** The capacity that is presumed as long as no load was bad: this multiple of the highest good load. */
const PRESUMED_FACTOR = 3;
/** More trials than any search needs. */
const MAX_TRIALS = 60;

/**
 * Estimates how long a search will take from here: plays the rest of it against a cluster without noise whose capacity lies
 * in the middle of each goal's bracket.
 *
 * @param overheadSeconds time of a trial besides its hold
 * @returns seconds
 */
export function remainingSeconds(
  plan: SearchPlan,
  trials: readonly Trial[],
  lastGoodP99Ms: number,
  overheadSeconds: number,
): number {
  const capacities = plan.goals.map((_, i) => presumedCapacity(plan, trials, i));
  const played = [...trials];
  let seconds = 0;
  while (played.length < MAX_TRIALS) {
    const next = nextTrial(plan, played, lastGoodP99Ms);
    if (next === undefined) break;
    const reasons = capacities.map((capacity) => (next.rate <= capacity ? [] : ['presumed']));
    played.push({ rate: next.rate, seconds: next.holdSeconds, reasons });
    seconds += next.holdSeconds + overheadSeconds;
  }
  return seconds;
}

function presumedCapacity(plan: SearchPlan, trials: readonly Trial[], goalIndex: number): number {
  const { good, bad } = goalState(plan, trials, goalIndex).bracket;
  if (good === undefined) return bad === undefined ? plan.fromRate * PRESUMED_FACTOR : bad.rate / Math.SQRT2;
  return bad === undefined ? good.rate * PRESUMED_FACTOR : Math.sqrt(good.rate * bad.rate);
}
