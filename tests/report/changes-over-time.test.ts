import fc from 'fast-check';
import { changesOverTime, type ChangeLimits } from '../../report/compare/changes-over-time';
import type { GoalResult } from '../../report/capacity-schema';
import type { BenchmarkResult } from '../../report/result-schema';
import { iterated } from '../support/iterated';

const LIMITS: ChangeLimits = { tolerance: 0.05, noiseFloor: () => null };
const NOISE = [1, 1.01, 0.99, 1.005, 0.995, 1.002, 0.998];

/** Returns results with these latencies, relative to the first, and some noise. */
function history(factors: readonly number[], iterations: number, change: Partial<BenchmarkResult> = {}) {
  return factors.map((factor, i) =>
    iterated(factor * (iterations === 1 ? NOISE[i % NOISE.length]! : 1), { ...change, runId: `run-${i}` }, iterations),
  );
}

const marked = (results: readonly BenchmarkResult[], limits = LIMITS) =>
  [...changesOverTime(results, limits)].map(([{ runId }, text]) => `${runId}: ${text}`);

test('a change begins with the first result that has it, and is known once 5 iterations have followed', () => {
  const slower = Array.from({ length: 11 }, (_, i) => (i < 6 ? 1 : 1.2));
  expect(marked(history(slower, 1))).toEqual([
    expect.stringMatching(/^run-6: p50 latency \+(19|20)\.\d % \(worse\), p99 latency \+(19|20)\.\d % \(worse\)$/),
  ]);
  expect(marked(history(slower.slice(0, 10), 1))).toEqual([]);
});

test('results with 5 iterations are compared one by one, and each change is found', () => {
  expect(marked(history([1, 1, 1.2, 1.2, 1], 5)).map((text) => text.replace(/\(9.*?\)|[\d.]+ %/g, '…'))).toEqual([
    'run-2: p50 latency +… (worse), p99 latency +… (worse)',
    'run-4: p50 latency −… (better), p99 latency −… (better)',
  ]);
});

test('a group does not reach beyond an earlier change', () => {
  // Two results have enough iterations. After the change at run-2, run-1 and run-2 together are no group.
  const marks = marked(history([1, 1, 1.2, 1.32, 1.32], 3));
  expect(marks).toEqual([expect.stringMatching(/^run-2: /)]);
});

test('whatever the order of results without a change, nothing is marked', () => {
  const results = history(new Array<number>(12).fill(1), 1);
  const order = fc.shuffledSubarray([...results.keys()], { minLength: 10 });
  fc.assert(
    fc.property(order, (indices) => expect(marked(indices.map((i) => results[i]!))).toEqual([])),
    { numRuns: 10 },
  );
});

test('a change below the noise floor or the tolerance is not marked', () => {
  const results = history([1, 1.2], 5);
  const noiseFloor = () => ({ floors: { 'p50 latency': 0.3, 'p99 latency': 0.3 }, from: [] });
  expect(marked(results)).toHaveLength(1);
  expect(marked(results, { tolerance: 0.05, noiseFloor })).toEqual([]);
  expect(marked(results, { tolerance: 0.3, noiseFloor: () => null })).toEqual([]);
});

test('results of another load, and results that prove nothing, are not compared', () => {
  const [before, after] = history([1, 1.2], 5) as [BenchmarkResult, BenchmarkResult];
  const between = {
    'another rate': { ...after, config: { ...after.config, rate: 11 } },
    UNACCOUNTED: { ...after, outcomes: ['UNACCOUNTED'] },
    'no hold': { ...after, steps: [] },
    INVALID: iterated(1.2, {}, 5, () => ({ validity: { valid: false, reasons: [], checks: [] } })),
  };
  for (const other of Object.values(between)) {
    expect(marked([before, { ...other, runId: 'between' }])).toEqual([]);
    expect(marked([before, { ...other, runId: 'between' }, after])).toEqual([expect.stringMatching(/^run-1: /)]);
  }
});

test('searches are compared one by one', () => {
  const searches = [30, 30, 20].map((holds, i) => {
    const goal = { name: 'p99=5s', holds, failsAt: holds + 1, interval: null, end: 'found' } as unknown as GoalResult;
    const capacity = { goals: [goal], labels: {} } as unknown as BenchmarkResult['capacity'];
    return { ...iterated(), runId: `search-${i}`, capacity };
  });
  expect(marked(searches)).toEqual(['search-2: capacity for p99=5s −33.3 % (worse)']);
});
