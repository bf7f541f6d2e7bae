import { WORKLOADS } from './workloads';

/** The result of a run contains statistics for each part; more parts would exceed the size limit of a payload. */
export const MAX_MIX_PARTS = 5;
const MAX_WEIGHT = 1000;

/** The workloads that a mix can combine: all but the mix itself and `external`, which uses its own task queue. */
export const MIXABLE = WORKLOADS.filter((name) => name !== 'mix' && name !== 'external');
export type MixableWorkload = Exclude<(typeof WORKLOADS)[number], 'mix' | 'external'>;

export interface MixPart {
  readonly workload: MixableWorkload;
  /** The part's share of the arrivals is this weight divided by the sum of all weights. */
  readonly weight: number;
}

/**
 * Reads text such as `simple=70,timer=20,signal=10`.
 *
 * @returns undefined if a workload is unknown or repeated, a weight is out of range, or there are too few or too many parts
 */
export function parseMix(text: string): readonly MixPart[] | undefined {
  const parts: MixPart[] = [];
  for (const item of text.split(',')) {
    const [, name, digits] = /^\s*([a-z-]+)\s*=\s*(\d{1,4})\s*$/.exec(item) ?? [];
    const workload = MIXABLE.find((known) => known === name) as MixableWorkload | undefined;
    const weight = Number(digits);
    if (workload === undefined || weight < 1 || weight > MAX_WEIGHT) return undefined;
    if (parts.some((part) => part.workload === workload)) return undefined;
    parts.push({ workload, weight });
  }
  return parts.length >= 2 && parts.length <= MAX_MIX_PARTS ? parts : undefined;
}
