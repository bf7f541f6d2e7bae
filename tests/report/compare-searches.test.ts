import type { GoalResult } from '../../report/capacity-schema';
import { NotComparableError } from '../../report/compare/compare-results';
import { compareSearches } from '../../report/compare/compare-searches';
import { renderSearches } from '../../report/compare/searches-text';
import type { BenchmarkResult } from '../../report/result-schema';
import { iterated } from '../support/iterated';

type Found = Pick<GoalResult, 'holds' | 'failsAt'> & Partial<GoalResult>;

/** Returns the result of a search with one limit, or with several. */
function searched(
  runId: string,
  found: Found | readonly Found[],
  labels: Record<string, string> = {},
): BenchmarkResult {
  const goals = [found].flat().map((one): GoalResult => {
    return {
      ...{ name: 'p99=5s', maxP99LatencyMs: 5000, end: 'found', reasons: [], confirmed: true, interval: null },
      ...one,
    };
  });
  return { ...iterated(), runId, capacity: { goals, labels } as unknown as BenchmarkResult['capacity'] };
}

const compare = (base: Found, changed: Found, tolerance?: number) =>
  compareSearches([searched('a', base)], [searched('b', changed)], tolerance);

test('a rate that the base holds and the new cluster does not is a regression; the reverse is an improvement', () => {
  const [fast, slow] = [
    { holds: 30, failsAt: 31 },
    { holds: 20, failsAt: 21 },
  ];
  const worse = compare(fast, slow);
  expect(worse).toMatchObject({ outcome: 'REGRESSION', goals: [{ verdict: { kind: 'lower' } }] });
  expect(worse.goals[0]!.change).toBeCloseTo(-1 / 3);
  expect(compare(slow, fast).outcome).toBe('IMPROVEMENT');
  // The change is smaller than what counts.
  expect(compare(fast, slow, 0.4)).toMatchObject({ outcome: 'NO_DIFFERENCE' });
});

test('ranges that overlap show no difference, and by how much the capacities can differ at most', () => {
  expect(compare({ holds: 20, failsAt: 22 }, { holds: 21, failsAt: 23 }).goals[0]!.verdict).toEqual({
    kind: 'no difference',
    beyond: expect.closeTo(23 / 20 - 1, 9) as number,
  });
  // The brackets do not overlap, but the interval of the new search reaches into that of the base.
  const uncertain = { holds: 23, failsAt: 24, interval: { low: 19, high: 26 } };
  expect(compare({ holds: 20, failsAt: 22 }, uncertain)).toMatchObject({ outcome: 'NO_DIFFERENCE' });
});

test('a search without a rate that does not hold decides only that the capacity is higher', () => {
  const open = { holds: 40, failsAt: null, end: 'generator-limited' as const };
  expect(compare({ holds: 20, failsAt: 22 }, open)).toMatchObject({ outcome: 'IMPROVEMENT' });
  expect(compare({ holds: 60, failsAt: 62 }, open)).toMatchObject({ outcome: 'UNDECIDED' });
});

test('several searches on a side are one range, with a line each that has its labels', () => {
  const base = [searched('monday', { holds: 20, failsAt: 21 }), searched('tuesday', { holds: 24, failsAt: 25 })];
  const changed = [searched('shards', { holds: 30, failsAt: 32, interval: { low: 28, high: 33 } }, { shards: '512' })];
  const comparison = compareSearches(base, changed);
  expect(comparison.outcome).toBe('IMPROVEMENT');
  const lines = renderSearches(comparison).split('\n');
  expect(lines.slice(1, 3)).toEqual(['IMPROVEMENT', '  p99 ≤ 5s: the capacity is higher, by 36.4 %']);
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^ {2}base +20\/s +21\/s +– .* monday$/),
      expect.stringMatching(/^ {2}base +24\/s +25\/s +– .* tuesday$/),
      expect.stringMatching(/^ {2}new +30\/s +32\/s +28\/s to 33\/s .* shards=512 +shards$/),
    ]) as string[],
  );
});

test('limits are compared by name; searches without a common one, and a search with a run, are refused', () => {
  const both = searched('a', [
    { name: 'p99=1s', holds: 10, failsAt: 11 },
    { name: 'p99=5s', holds: 30, failsAt: 31 },
  ]);
  const comparison = compareSearches([both], [searched('b', { holds: 20, failsAt: 21 })]);
  expect(comparison.goals.map(({ name, verdict }) => [name, verdict.kind])).toEqual([['p99=5s', 'lower']]);
  const other = searched('c', { name: 'p99=2s', holds: 1, failsAt: 2 });
  expect(() => compareSearches([both], [other])).toThrow(/no limit in common/);
  expect(() => compareSearches([both], [iterated()])).toThrow(NotComparableError);
  expect(() => compareSearches([both], [iterated()])).toThrow(/run-1 is not a capacity search/);
});
