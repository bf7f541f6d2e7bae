/** What a trial is for; `repeat` tells whether the cluster has changed since the beginning of the search. */
export type Phase = 'probe' | 'bisect' | 'confirm' | 'repeat';

/** The rules of a search that have changed: a search that is in progress keeps those with which it began. */
export interface SearchRules {
  /** The time before a hold in which its rate rises from half of it, outside the statistics. Seconds. */
  readonly settleSeconds: Readonly<Record<Phase, number>>;
  /** Shortest hold, seconds; a confirmation needs more of the queue's slow fluctuations. */
  readonly minHoldSeconds: Readonly<Record<Phase, number>>;
  /**
   * The width of the bracket if the capacity varies by itself, by the number of loads that contradict each other; the last
   * one also for more.
   */
  readonly varyingWidth: readonly number[];
  /** Whether the upper end needs its whole duration although the capacity varies. */
  readonly confirmsVaryingUpperEnd: boolean;
  /** Whether what a saturated trial completed is an estimate of the capacity although another trial completed more. */
  readonly guessesBelowProven: boolean;
}

const RULES: SearchRules = {
  settleSeconds: { probe: 5, bisect: 5, confirm: 5, repeat: 5 },
  minHoldSeconds: { probe: 15, bisect: 20, confirm: 24, repeat: 24 },
  varyingWidth: [0, 0.085, 0.12],
  confirmsVaryingUpperEnd: false,
  guessesBelowProven: false,
};

/** The rules of searches that began before the patch `capacity-search-rules-2`. */
const FORMER_RULES: SearchRules = {
  settleSeconds: { probe: 5, bisect: 8, confirm: 8, repeat: 8 },
  minHoldSeconds: { probe: 15, bisect: 20, confirm: 22, repeat: 22 },
  varyingWidth: [0, 0, 0.12],
  confirmsVaryingUpperEnd: true,
  guessesBelowProven: true,
};

/** Returns the rules of a search, by its plan. */
export function rulesOf({ formerRules }: { readonly formerRules?: boolean }): SearchRules {
  return formerRules ? FORMER_RULES : RULES;
}
