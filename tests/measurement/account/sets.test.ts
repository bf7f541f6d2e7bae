import fc from 'fast-check';
import { OpenSet, openSequences } from '../../../measurement/account/open-set';
import { SequenceSet } from '../../../measurement/account/sequence-set';

test('I5: a cursor lists exactly the open arrivals between its low-water mark and the next arrival', () => {
  fc.assert(
    fc.property(fc.nat(500), fc.array(fc.boolean(), { maxLength: 300, size: 'max' }), (first, settled) => {
      const set = new OpenSet(first);
      settled.forEach((_, i) => set.take(first + i));
      settled.forEach((is, i) => is && set.settle(first + i));
      const cursor = set.encode();
      const open = settled.flatMap((is, i) => (is ? [] : [first + i]));
      expect(openSequences(cursor)).toEqual(open);
      expect(cursor.next).toBe(first + settled.length);
      expect(cursor.low).toBe(open[0] ?? cursor.next);
      expect(set.size).toBe(open.length);
    }),
    { numRuns: 200 },
  );
});

test('taking an arrival out of order throws a RangeError', () => {
  const set = new OpenSet();
  set.take(0);
  expect(() => set.take(2)).toThrow(RangeError);
});

test('a set of sequences keeps all its numbers, in as few runs as possible', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(200), { maxLength: 100, size: 'max' }), (sequences) => {
      const set = new SequenceSet();
      for (const sequence of sequences) set.add(sequence);
      const sorted = [...sequences].sort((a, b) => a - b);
      expect([...set]).toEqual(sorted);
      expect(set.size).toBe(sequences.length);
      expect(set.runCount).toBe(sorted.filter((n, i) => i === 0 || sorted[i - 1] !== n - 1).length);
      expect([...SequenceSet.from(set.encode())]).toEqual(sorted);
    }),
    { numRuns: 200 },
  );
});
