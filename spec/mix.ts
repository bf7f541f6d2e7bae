import { WORKLOADS } from './workloads';

/** More would make a run's results too large to carry from one execution to the next. */
export const MOST_IN_A_MIX = 5;
const HIGHEST_WEIGHT = 1000;

/** What a mix may be made of: the mix itself is none of them, and workers of one's own poll a queue of their own. */
export const MIXABLE = WORKLOADS.filter((name) => name !== 'mix' && name !== 'external');
export type MixableWorkload = Exclude<(typeof WORKLOADS)[number], 'mix' | 'external'>;

export interface MixPart {
  readonly workload: MixableWorkload;
  /** Its share of the arrivals is this among the weights of all. */
  readonly weight: number;
}

/** Reads `simple=70,timer=20,signal=10`. Undefined where the text is no mix: a name unknown or twice, a weight too many. */
export function parseMix(text: string): readonly MixPart[] | undefined {
  const parts: MixPart[] = [];
  for (const one of text.split(',')) {
    const [, name, digits] = /^\s*([a-z-]+)\s*=\s*(\d{1,4})\s*$/.exec(one) ?? [];
    const workload = MIXABLE.find((known) => known === name) as MixableWorkload | undefined;
    const weight = Number(digits);
    if (workload === undefined || weight < 1 || weight > HIGHEST_WEIGHT) return undefined;
    if (parts.some((part) => part.workload === workload)) return undefined;
    parts.push({ workload, weight });
  }
  return parts.length >= 2 && parts.length <= MOST_IN_A_MIX ? parts : undefined;
}
