import fc from 'fast-check';
import { judge } from '../../../measurement/judging/verdict';

test('P10: failed if and only if p99 > max, throughput < min or error rate > max; equality passes', () => {
  const values = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(values, values, values, values, values, values, (a, b, c, d, e, f) => {
      const verdict = judge(
        { maxP99LatencyMs: a, minThroughput: b, maxErrorRate: c },
        { p99LatencyMs: d, throughput: e, errorRate: f },
      );
      expect(verdict.passed).toBe(!(d > a || e < b || f > c));
      expect(verdict.failureReasons.length === 0).toBe(verdict.passed);
    }),
    { numRuns: 200 },
  );
});

test('a near miss is not printed as equality', () => {
  const { failureReasons } = judge(
    { maxP99LatencyMs: 100, minThroughput: 22.5, maxErrorRate: 0.01 },
    { p99LatencyMs: 100.004, throughput: 22.499, errorRate: 0.010001 },
  );
  expect(failureReasons).toEqual([
    'p99 latency 100.004 ms exceeds the maximum of 100 ms',
    'throughput 22.499/s is below the minimum of 22.5/s',
    'error rate 1.0001 % exceeds the maximum of 1 %',
  ]);
});
