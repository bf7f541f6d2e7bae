import { startedWorkflows, total, type Counts, type Settlement } from '../../measurement/account/ledger';
import { MAX_PROVISIONAL, provisionalIn, type Provisional } from '../../measurement/account/lane';
import { SequenceSet } from '../../measurement/account/sequence-set';
import type { CountedStep, RunRef, ServerCounts } from '../../orchestrator/activity-types';
import { arrivalIdPrefix } from '../../orchestrator/names';
import type { WorkflowLookup } from './workflow-lookup';

/** The settlement of a step's provisional arrivals, and the ids among them that do not exist on the server. */
export interface SettledStep {
  readonly settlement: Settlement;
  readonly missing: ReadonlySet<string>;
}

/** Returns whether all provisional arrivals are recorded by id and are few enough to be described one by one. */
export function canSettleById(steps: readonly CountedStep[]): boolean {
  const provisional = steps.reduce((sum, { measurement }) => sum + provisionalIn(measurement.ledger), 0);
  const haveIds = steps.every(({ measurement }) =>
    measurement.provisional.every(
      ({ entries: { rejected, unknown, inDoubt } }) => rejected !== null && unknown !== null && inDoubt !== null,
    ),
  );
  return haveIds && provisional <= MAX_PROVISIONAL;
}

/** Describes every provisional arrival of a step by its id, because an error does not prove that a start failed (I3c). */
export async function settleById(lookup: WorkflowLookup, run: RunRef, step: CountedStep): Promise<SettledStep> {
  const missing = new Set<string>();
  let settlement: Settlement = { foundRejected: {}, foundUnknown: {}, foundInDoubt: 0 };
  for (const { lane, entries } of step.measurement.provisional) {
    const prefix = arrivalIdPrefix({ runId: run.runId, step: step.name, attempt: step.attempt, lane });
    const find = async (sequences: SequenceSet, reserve: boolean) => {
      const ids = [...sequences].map((sequence) => `${prefix}${sequence}`);
      const missingIds = await lookup.findMissing(ids, reserve);
      for (const id of missingIds) missing.add(id);
      return ids.length - missingIds.length;
    };
    settlement = {
      // The server has answered for rejected starts. The others got no answer and may still be on their way.
      foundRejected: await findByCause(entries.rejected, settlement.foundRejected, (set) => find(set, false)),
      foundUnknown: await findByCause(entries.unknown, settlement.foundUnknown, (set) => find(set, true)),
      foundInDoubt: settlement.foundInDoubt + (await find(SequenceSet.from(entries.inDoubt ?? []), true)),
    };
  }
  return { settlement, missing };
}

async function findByCause(
  entries: Provisional['rejected'],
  before: Counts,
  find: (set: SequenceSet) => Promise<number>,
): Promise<Counts> {
  const sum: Record<string, number> = { ...before };
  for (const [cause, runs] of Object.entries(entries ?? {})) {
    const found = await find(SequenceSet.from(runs));
    if (found > 0) sum[cause] = (sum[cause] ?? 0) + found;
  }
  return sum;
}

/**
 * Settles a step by the server's count: each workflow beyond the acknowledged ones is attributed to a provisional
 * arrival, first to those in doubt, then to unanswered starts, then to rejected ones.
 */
export function settleByCount({ measurement: { ledger } }: CountedStep, counts: ServerCounts): Settlement {
  let unattributed = Math.max(0, counts.total - startedWorkflows(ledger));
  const take = (n: number) => {
    const taken = Math.min(unattributed, n);
    unattributed -= taken;
    return taken;
  };
  const foundInDoubt = take(ledger.inDoubt);
  const takeFrom = (entries: Counts) =>
    Object.fromEntries(Object.entries(entries).map(([cause, n]) => [cause, take(n)]));
  return { foundInDoubt, foundUnknown: takeFrom(ledger.unknown), foundRejected: takeFrom(ledger.rejected) };
}

/** Returns how many provisional arrivals turned out to be workflows. */
export function foundIn({ foundRejected, foundUnknown, foundInDoubt }: Settlement): number {
  return total(foundRejected) + total(foundUnknown) + foundInDoubt;
}
