import fc from 'fast-check';
import {
  emptyLedger,
  mergeLedgers,
  settle,
  startedWorkflows,
  total,
  unaccounted,
  type Ledger,
} from '../../../measurement/account/ledger';

const counts = fc.dictionary(fc.constantFrom('A', 'B', 'C'), fc.nat(50));
/** Balanced ledgers: scheduled is the sum of the entries. */
const ledgers: fc.Arbitrary<Ledger> = fc
  .record({
    acknowledged: fc.nat(1000),
    recovered: fc.nat(50),
    rejected: counts,
    skipped: counts,
    unknown: counts,
    inDoubt: fc.nat(50),
  })
  .map((entries) => ({
    ...entries,
    scheduled:
      entries.acknowledged +
      entries.recovered +
      total(entries.rejected) +
      total(entries.skipped) +
      total(entries.unknown) +
      entries.inDoubt,
  }));

test('I1: merging balanced ledgers in any order gives a balanced ledger', () => {
  fc.assert(
    fc.property(fc.array(ledgers, { maxLength: 6 }), (all) => {
      const merged = mergeLedgers(all);
      expect(unaccounted(merged)).toBe(0);
      expect(merged.scheduled).toBe(all.reduce((sum, one) => sum + one.scheduled, 0));
      const reversed = mergeLedgers([...all].reverse());
      expect(reversed).toEqual(merged);
    }),
    { numRuns: 200 },
  );
});

test('I3c: settling moves starts that the server has to recovered, leaves nothing provisional, and keeps the balance', () => {
  fc.assert(
    fc.property(ledgers, fc.double({ min: 0, max: 1, noNaN: true }), (ledger, share) => {
      const part = (entries: Ledger['rejected']) =>
        Object.fromEntries(Object.entries(entries).map(([key, n]) => [key, Math.floor(n * share)]));
      const found = {
        foundRejected: part(ledger.rejected),
        foundUnknown: part(ledger.unknown),
        foundInDoubt: Math.floor(ledger.inDoubt * share),
      };
      const settled = settle(ledger, found);
      expect(unaccounted(settled)).toBe(0);
      expect(settled.scheduled).toBe(ledger.scheduled);
      expect(total(settled.unknown) + settled.inDoubt).toBe(0);
      expect(startedWorkflows(settled)).toBe(
        startedWorkflows(ledger) + total(found.foundRejected) + total(found.foundUnknown) + found.foundInDoubt,
      );
    }),
    { numRuns: 200 },
  );
});

test('the examples of merged ledgers are the first of each cause, and bounded', () => {
  const withExamples = (examples: Record<string, string>) => ({ ...emptyLedger, examples });
  expect(
    mergeLedgers([emptyLedger, withExamples({ A: 'first' }), withExamples({ A: 'second', B: 'b' })]).examples,
  ).toEqual({ A: 'first', B: 'b' });
  const many = Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`CAUSE_${i}`, 'x']));
  expect(Object.keys(mergeLedgers([withExamples(many), withExamples({ Z: 'z' })]).examples!)).toHaveLength(20);
  expect(mergeLedgers([emptyLedger])).toEqual(emptyLedger);
});
