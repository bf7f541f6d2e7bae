import fc from 'fast-check';
import { emptyHistogram, encodeHistogram } from '../../../measurement/account/histogram';
import { emptyLedger } from '../../../measurement/account/ledger';
import { holdOutcome } from '../../../measurement/judging/hold-outcome';
import { judge, requiredThroughput, thresholdTexts } from '../../../measurement/judging/verdict';

test('P10: failed if and only if p99 > max, throughput < min, error rate > max or the backlog grew; equality passes', () => {
  const values = fc.integer({ min: 0, max: 3 });
  const drift = fc.option(
    fc.record({ perSecond: fc.double({ noNaN: true }), limitPerSecond: values, sustainable: fc.boolean() }),
    { nil: undefined },
  );
  fc.assert(
    fc.property(values, values, values, values, values, values, drift, (a, b, c, d, e, f, growth) => {
      const verdict = judge(
        { maxP99LatencyMs: a, minThroughput: b, maxErrorRate: c },
        { p99LatencyMs: d, throughput: e, scheduledRate: 9, errorRate: f, drift: growth },
      );
      expect(verdict.passed).toBe(!(d > a || e < b || f > c || growth?.sustainable === false));
      expect(verdict.failureReasons.length === 0).toBe(verdict.passed);
    }),
    { numRuns: 200 },
  );
});

test('without a minimum of its own, a hold must complete 90 % of what was scheduled, not of the target rate', () => {
  const required = { maxP99LatencyMs: 5000, maxErrorRate: 0.01 };
  const outcome = { p99LatencyMs: 1, errorRate: 0 };
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 1000, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (rate, share) => {
        const { passed } = judge(required, { ...outcome, scheduledRate: rate, throughput: share * rate });
        expect(passed).toBe(share * rate >= 0.9 * rate);
      },
    ),
  );
  expect(requiredThroughput({ ...required, minThroughput: 7 }, 1000)).toBe(7);
});

test('a Poisson hold at 2/s for 25 s in which 42 arrivals fell due passes with 42 completions', () => {
  const histograms = { latency: encodeHistogram(emptyHistogram()) } as never;
  const outcome = holdOutcome(
    { ledger: { ...emptyLedger, scheduled: 42, acknowledged: 42 }, histograms },
    25_000,
    42,
    0,
  );
  expect(outcome).toMatchObject({ scheduledRate: 1.68, throughput: 1.68 });
  expect(judge({ maxP99LatencyMs: 5000, maxErrorRate: 0.01 }, outcome).passed).toBe(true);
});

test('a hold whose backlog grows is not sustainable, whatever its latency', () => {
  const { passed, failureReasons } = judge(
    { maxP99LatencyMs: 5000, maxErrorRate: 0.01 },
    {
      p99LatencyMs: 20,
      throughput: 95.9,
      scheduledRate: 100,
      errorRate: 0,
      drift: { perSecond: 4.1, limitPerSecond: 1, sustainable: false },
    },
  );
  expect(passed).toBe(false);
  expect(failureReasons).toEqual(['not sustainable: open workflows grew by 4.1/s']);
});

test('a near miss is not printed as equality', () => {
  const { failureReasons } = judge(
    { maxP99LatencyMs: 100, minThroughput: 22.5, maxErrorRate: 0.01 },
    { p99LatencyMs: 100.004, throughput: 22.499, scheduledRate: 25, errorRate: 0.010001 },
  );
  expect(failureReasons).toEqual([
    'p99 latency 100.004 ms exceeds the maximum of 100 ms',
    'throughput 22.499/s is below the minimum of 22.5/s',
    'error rate 1.0001 % exceeds the maximum of 1 %',
  ]);
});

test('values are written for people, and a near miss with as many digits as it needs to differ from the limit', () => {
  const texts = (actual: number) => thresholdTexts({ name: 'p99 latency', required: 5000, actual, unit: 'ms' });
  expect(texts(65.727)).toEqual({ actual: '65.7 ms', required: '5 s' });
  expect(texts(5000.4)).toEqual({ actual: '5000.4 ms', required: '5000 ms' });
  expect(texts(5000)).toEqual({ actual: '5 s', required: '5 s' });
  expect(
    judge(
      { maxP99LatencyMs: 50, maxErrorRate: 1 },
      { p99LatencyMs: 1333.501, throughput: 1, scheduledRate: 1, errorRate: 0 },
    ).failureReasons,
  ).toEqual(['p99 latency 1.33 s exceeds the maximum of 50 ms']);
});
