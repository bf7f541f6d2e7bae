import { startedWorkflows, total, type Counts, type Settlement } from '../../measurement/account/ledger';
import { MAX_PROVISIONAL, provisionalIn, type Provisional } from '../../measurement/account/lane';
import { SequenceSet } from '../../measurement/account/sequence-set';
import type { CountedStep, RunRef, ServerCounts } from '../../orchestrator/activity-types';
import { arrivalIdPrefix } from '../../orchestrator/names';
import type { WorkflowLookup } from './workflow-lookup';

/** What became of a step's provisional arrivals, and the ids among them that the server does not have. */
export interface SettledStep {
  readonly settlement: Settlement;
  readonly absent: ReadonlySet<string>;
}

/** Whether every provisional arrival has a name and they are few enough to be looked up one by one. */
export function canNameAll(steps: readonly CountedStep[]): boolean {
  const provisional = steps.reduce((sum, { measurement }) => sum + provisionalIn(measurement.ledger), 0);
  const named = steps.every(({ measurement }) =>
    measurement.provisional.every(
      ({ entries: { rejected, unknown, inDoubt } }) => rejected !== null && unknown !== null && inDoubt !== null,
    ),
  );
  return named && provisional <= MAX_PROVISIONAL;
}

/** Law I3c: an error is provisional. Looks every provisional arrival up by its id. */
export async function settleByName(existence: WorkflowLookup, run: RunRef, step: CountedStep): Promise<SettledStep> {
  const absent = new Set<string>();
  let settlement: Settlement = { foundRejected: {}, foundUnknown: {}, foundInDoubt: 0 };
  for (const { lane, entries } of step.measurement.provisional) {
    const prefix = arrivalIdPrefix({ runId: run.runId, step: step.name, attempt: step.attempt, lane });
    const find = async (sequences: SequenceSet, forGood: boolean) => {
      const ids = [...sequences].map((sequence) => `${prefix}${sequence}`);
      const missing = await existence.findMissing(ids, forGood);
      for (const id of missing) absent.add(id);
      return ids.length - missing.length;
    };
    settlement = {
      // The server's own word is enough for what it refused; the rest had no answer, and one may still be on its way.
      foundRejected: await findByCause(entries.rejected, settlement.foundRejected, (set) => find(set, false)),
      foundUnknown: await findByCause(entries.unknown, settlement.foundUnknown, (set) => find(set, true)),
      foundInDoubt: settlement.foundInDoubt + (await find(SequenceSet.from(entries.inDoubt ?? []), true)),
    };
  }
  return { settlement, absent };
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

/** Too many to name: what the server has beyond what was acknowledged is taken from the likeliest entries first. */
export function settleByCount({ measurement: { ledger } }: CountedStep, counts: ServerCounts): Settlement {
  let surplus = Math.max(0, counts.total - startedWorkflows(ledger));
  const take = (n: number) => {
    const taken = Math.min(surplus, n);
    surplus -= taken;
    return taken;
  };
  const foundInDoubt = take(ledger.inDoubt);
  const takeFrom = (entries: Counts) =>
    Object.fromEntries(Object.entries(entries).map(([cause, n]) => [cause, take(n)]));
  return { foundInDoubt, foundUnknown: takeFrom(ledger.unknown), foundRejected: takeFrom(ledger.rejected) };
}

export function foundIn({ foundRejected, foundUnknown, foundInDoubt }: Settlement): number {
  return total(foundRejected) + total(foundUnknown) + foundInDoubt;
}
