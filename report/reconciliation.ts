import type { RunFacts } from './facts';

type Reconciliation = NonNullable<RunFacts['reconciliation']>;

/** How provisional arrivals were settled, the weakest way last. */
const WAYS = ['nothing to settle', 'describing each id', 'count'];

/** Joins what was found in two parts of a run that were settled one after the other. */
export function joinReconciliations(before: Reconciliation | undefined, next: Reconciliation): Reconciliation {
  if (before === undefined) return next;
  const unlisted = (before.unlisted ?? 0) + (next.unlisted ?? 0);
  return {
    settledBy: WAYS[Math.max(WAYS.indexOf(before.settledBy), WAYS.indexOf(next.settledBy))]!,
    visibilityWaitMs: Math.max(before.visibilityWaitMs, next.visibilityWaitMs),
    ...(unlisted > 0 ? { unlisted } : {}),
    open: [...before.open, ...next.open],
    disagreements: [...before.disagreements, ...next.disagreements],
    completedInWindow: [...before.completedInWindow, ...next.completedInWindow],
  };
}
