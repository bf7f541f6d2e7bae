import { compareResults, NotComparableError } from '../../report/compare/compare-results';
import { renderComparison } from '../../report/compare/compare-text';
import { EXIT, withRegression } from '../../report/exit-codes';
import type { BenchmarkResult } from '../../report/result-schema';
import { iterated } from '../support/iterated';
import { schemaErrors } from '../support/result';

const refusal = (base: BenchmarkResult, changed: BenchmarkResult) => {
  try {
    compareResults([base], [changed]);
    return '';
  } catch (err) {
    expect(err).toBeInstanceOf(NotComparableError);
    return (err as Error).message;
  }
};

test('the comparison of a slower run names the metrics that are slower, the intervals and the sides', () => {
  const [base, slower] = [iterated(), iterated(1.12)];
  expect(schemaErrors(base)).toEqual([]);
  const comparison = compareResults([base], [slower]);
  expect(comparison).toMatchObject({ outcome: 'REGRESSION', base: { runs: ['run-1'], samples: 5 }, differences: [] });
  const lines = renderComparison(comparison).split('\n');
  expect(lines[1]).toBe('REGRESSION');
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^ {2}p99 latency: \+12\.0 % \(95 % interval \+1\d\.\d % to \+1\d\.\d %\)$/),
      '  base  5 samples from run-1',
      expect.stringMatching(/^✗ p99 latency +80(\.0)? ms +89\.6 ms +\+12\.0 % .* slower$/),
      expect.stringMatching(/^= throughput +10(\.0)?\/s +10(\.0)?\/s +0\.0 % .* no difference beyond 0\.1 %$/),
      expect.stringMatching(/^= error rate +0\.00 % +0\.00 % .* no difference beyond 0\.1 %$/),
    ]) as string[],
  );
  expect(compareResults([slower], [base]).outcome).toBe('IMPROVEMENT');
  expect(compareResults([base], [iterated(1.0001)]).outcome).toBe('NO_DIFFERENCE');
});

test('a single iteration on a side is too few, whatever the change, and several results are one side', () => {
  const [base, slower] = [iterated(1, {}, 1), iterated(2, {}, 1)];
  const few = compareResults([base], [slower]);
  expect(few.outcome).toBe('TOO_FEW_ITERATIONS');
  expect(renderComparison(few)).toContain('To find out, use 5 iterations on each side.');
  const five = (factor: number) => [0.99, 1, 1.01, 1.005, 0.995].map((noise) => iterated(factor * noise, {}, 1));
  expect(compareResults(five(1), five(2))).toMatchObject({ outcome: 'REGRESSION', new: { samples: 5 } });
});

test('a change of the smallest size that counts is a difference, and a smaller one is not', () => {
  const [base, slower] = [[iterated()], [iterated(1.12)]];
  expect(compareResults(base, slower, 0.2).outcome).toBe('NO_DIFFERENCE');
  expect(compareResults(base, slower, 0.1).outcome).toBe('REGRESSION');
});

test.each<[string, Partial<BenchmarkResult>, RegExp]>([
  [
    'another workload',
    { config: { ...iterated().config, workload: 'timer' } },
    /different things: workload is (simple|timer) in run-[\d.]+ and (simple|timer) in run-[\d.]+$/,
  ],
  [
    'another rate',
    { config: { ...iterated().config, rate: 20 } },
    /different things: rate is (10|20) in run-[\d.]+ and (10|20) in run-[\d.]+$/,
  ],
  ['an open account', { outcomes: ['UNACCOUNTED'] }, /is UNACCOUNTED: its account does not agree with the server/],
  [
    'no hold',
    { steps: [], outcomes: ['ERROR'], error: 'no target' },
    /\(ERROR\) has no complete hold to compare: no target/,
  ],
])('results with %s are refused', (_what, change, message) => {
  expect(refusal(iterated(), iterated(1.2, change))).toMatch(message);
  expect(refusal(iterated(1.2, change), iterated())).toMatch(message);
});

test('invalid iterations are left out and counted; a side with nothing else is refused', () => {
  const invalid = { validity: { valid: false, reasons: ['late'], checks: [] } };
  const some = iterated(1, {}, 7, (_step, i) =>
    i < 2 ? { ...invalid, latency: { ..._step.latency, p99: 9999 } } : {},
  );
  const comparison = compareResults([some], [iterated()]);
  expect(comparison).toMatchObject({
    outcome: 'NO_DIFFERENCE',
    base: { samples: 5, leftOut: ['2 of 7 holds are INVALID'] },
  });
  expect(renderComparison(comparison)).toContain('from run-1; left out: 2 of 7 holds are INVALID');
  expect(
    refusal(
      iterated(),
      iterated(1, {}, 5, () => invalid),
    ),
  ).toBe('new has no hold that can be compared: 5 of 5 holds are INVALID');
});

test('what else differs is listed: settings, and what the runs found about the cluster', () => {
  const base = iterated();
  const changed = iterated(1, {
    config: { ...base.config, lanes: 3, iterations: 9, seed: 4 },
    system: { ...base.system, serverVersion: '1.33.0', dynamicConfig: ['frontend.rps=5'] },
  });
  const { differences } = compareResults([base], [changed]);
  expect(differences).toEqual([
    { what: 'lanes', base: '4', changed: '3' },
    { what: 'server version', base: '1.32.0', changed: '1.33.0' },
    { what: 'dynamic configuration', base: 'unknown', changed: 'frontend.rps=5' },
  ]);
  expect(renderComparison(compareResults([base], [changed]))).toContain('  server version: 1.32.0 → 1.33.0');
});

test('a percentile without enough samples is not compared', () => {
  const names = (result: BenchmarkResult) => compareResults([result], [iterated()]).metrics.map(({ name }) => name);
  expect(names(iterated())).toContain('p99 latency');
  const few = iterated(1, {}, 5, ({ latency }) => ({
    latency: { ...latency, sufficient: { ...latency.sufficient, p99: false } },
  }));
  expect(names(few)).not.toContain('p99 latency');
});

test('staircases are compared by run: their highest rate, and their latency over the rates that all have', () => {
  const staircase = (factor: number, highest: number) =>
    iterated(
      factor,
      {
        config: { ...iterated().config, stages: [10, 20, 30] },
        staircase: { highestPassedRate: highest, firstFailedRate: null, reasons: [] },
      },
      3,
      (_step, i) => ({ fromRate: 10 * (i + 1), toRate: 10 * (i + 1) }),
    );
  const side = (factor: number, highest: number) =>
    [1, 1.01, 0.99, 1.005, 0.995].map((noise) => staircase(factor * noise, highest));
  const comparison = compareResults(side(1, 30), side(1, 20));
  expect(comparison.base.samples).toBe(5);
  expect(comparison.metrics.find(({ name }) => name === 'highest passed rate')).toMatchObject({
    base: expect.closeTo(30, 6) as number,
    changed: expect.closeTo(20, 6) as number,
    verdict: { kind: 'worse' },
  });
  expect(comparison.metrics.map(({ name }) => name)).not.toContain('throughput');
  expect(comparison.metrics[0]!.base).toBeCloseTo(40, 0);
});

test('I11: a regression decides the exit code of a run that passed, and of one that could not clean up', () => {
  expect([EXIT.passed, EXIT.cleanupIncomplete].map(withRegression)).toEqual([98, 98]);
  const others = Object.values(EXIT).filter((code) => code !== EXIT.passed && code !== EXIT.cleanupIncomplete);
  expect(others.map(withRegression)).toEqual(others);
});
