import fc from 'fast-check';
import { canSettleById, foundIn, settleByCount, settleById } from '../../../activities/settle/settle-step';
import { WorkflowLookup } from '../../../activities/settle/workflow-lookup';
import { MAX_PROVISIONAL } from '../../../measurement/account/lane';
import { settle, startedWorkflows, unaccounted } from '../../../measurement/account/ledger';
import { SequenceSet } from '../../../measurement/account/sequence-set';
import type { ServerCounts } from '../../../orchestrator/activity-types';
import { FakeTarget } from '../../support/fake-target';
import { countedStep, ownedRun } from '../../support/steps';

const { namespace } = ownedRun;

function encoded(sequences: readonly number[]) {
  const set = new SequenceSet();
  for (const sequence of sequences) set.add(sequence);
  return set.encode();
}

const counts = (total: number): ServerCounts => {
  return { total, completed: total, failed: 0, canceled: 0, terminated: 0, timedOut: 0, open: 0 };
};

/** The arrivals of a step: how each is recorded, and whether it exists on the server. */
const arrivals = fc.array(
  fc.record({
    entry: fc.constantFrom('rejected A', 'rejected B', 'unknown A', 'inDoubt'),
    there: fc.boolean(),
  }),
  { maxLength: 40 },
);

test('by id: every provisional arrival that exists on the server is found, under its recorded cause', async () => {
  await fc.assert(
    fc.asyncProperty(arrivals, async (all) => {
      const of = (entry: string) => all.flatMap((one, sequence) => (one.entry === entry ? [sequence] : []));
      const found = (entry: string) => of(entry).filter((sequence) => all[sequence]!.there).length;
      const idOf = (sequence: number) => `run-1/1/1/0/${sequence}`;
      const step = countedStep(
        {
          scheduled: all.length,
          rejected: { A: of('rejected A').length, B: of('rejected B').length },
          unknown: { A: of('unknown A').length },
          inDoubt: of('inDoubt').length,
        },
        {
          rejected: { A: encoded(of('rejected A')), B: encoded(of('rejected B')) },
          unknown: { A: encoded(of('unknown A')) },
          inDoubt: encoded(of('inDoubt')),
        },
      );
      const workflows = all.flatMap(({ there }, sequence) =>
        there ? [{ id: idOf(sequence), type: 'simple', status: 'Completed' as const }] : [],
      );
      const target = new FakeTarget({ [namespace]: { workflows } });
      const { settlement, missing } = await settleById(new WorkflowLookup(target.connection, ownedRun), ownedRun, step);
      const withoutZero = (named: Record<string, number>) =>
        Object.fromEntries(Object.entries(named).filter(([, n]) => n > 0));
      expect(settlement).toEqual({
        foundRejected: withoutZero({ A: found('rejected A'), B: found('rejected B') }),
        foundUnknown: withoutZero({ A: found('unknown A') }),
        foundInDoubt: found('inDoubt'),
      });
      expect([...missing].sort()).toEqual(all.flatMap(({ there }, i) => (there ? [] : [idOf(i)])).sort());
      // Ids of rejected starts are only looked up. A missing id of any other start is reserved.
      const reserved = all.flatMap(({ entry, there }, i) =>
        there || entry.startsWith('rejected') ? [] : [`start ${idOf(i)}`],
      );
      expect(target.log.filter((line) => line.startsWith('start')).sort()).toEqual(reserved.sort());
    }),
    { numRuns: 50 },
  );
});

test('by count: workflows beyond the acknowledged ones are attributed to arrivals in doubt, then unknown, then rejected; the ledger adds up', () => {
  const some = fc.record({ A: fc.nat(20), B: fc.nat(20) });
  fc.assert(
    fc.property(fc.nat(50), some, some, fc.nat(20), fc.nat(150), (acknowledged, rejected, unknown, inDoubt, listed) => {
      const sum = (entries: Record<string, number>) => Object.values(entries).reduce((all, n) => all + n, 0);
      const scheduled = acknowledged + sum(rejected) + sum(unknown) + inDoubt;
      const step = countedStep({ scheduled, acknowledged, rejected, unknown, inDoubt });
      const settlement = settleByCount(step, counts(listed));
      const surplus = Math.max(0, listed - acknowledged);
      expect(settlement.foundInDoubt).toBe(Math.min(surplus, inDoubt));
      expect(sum(settlement.foundUnknown)).toBe(Math.min(Math.max(0, surplus - inDoubt), sum(unknown)));
      expect(foundIn(settlement)).toBe(Math.min(surplus, scheduled - acknowledged));
      const settled = settle(step.measurement.ledger, settlement);
      expect(unaccounted(settled)).toBe(0);
      if (listed >= acknowledged && listed <= scheduled) expect(startedWorkflows(settled)).toBe(listed);
    }),
    { numRuns: 200 },
  );
});

test('arrivals are settled by id only if each id is recorded and they are few enough', () => {
  expect(canSettleById([countedStep({ inDoubt: MAX_PROVISIONAL })])).toBe(true);
  expect(canSettleById([countedStep({ inDoubt: MAX_PROVISIONAL }), countedStep({ rejected: { A: 1 } })])).toBe(false);
  for (const entry of ['rejected', 'unknown', 'inDoubt'] as const)
    expect(canSettleById([countedStep({ inDoubt: 1 }), countedStep({}, { [entry]: null })])).toBe(false);
});
