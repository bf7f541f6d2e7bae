import fc from 'fast-check';
import { EXIT, endingOf, type Outcome } from '../../report/exit-codes';
import { resultOf, resultWithoutRun } from '../../report/result';
import { renderText } from '../../report/text';
import { runFacts } from '../support/facts';
import { schemaErrors, sum } from '../support/result';

test('P9: the JSON is valid against its schema, whatever happened, and so is its text', () => {
  fc.assert(
    fc.property(runFacts, (facts) => {
      const result = JSON.parse(JSON.stringify(resultOf(facts))) as ReturnType<typeof resultOf>;
      expect(schemaErrors(result)).toEqual([]);
      expect(renderText(result)).toContain(result.outcomes.join(', '));
    }),
    { numRuns: 200 },
  );
  for (const outcome of ['ERROR', 'BAD_CONFIGURATION'] as const) {
    expect(schemaErrors(resultWithoutRun(outcome, 'no', { rate: 'x' }, 0))).toEqual([]);
  }
});

test('P7: in any result p50 ≤ p95 ≤ p99 ≤ p99.9 ≤ max, and no service time exceeds its latency', () => {
  fc.assert(
    fc.property(runFacts, (facts) => {
      const { results, steps } = resultOf(facts);
      for (const { latency, serviceTime } of [results, ...steps]) {
        const found = [latency.p50, latency.p95, latency.p99, latency.p999, latency.max];
        expect(found).toEqual([...found].sort((a, b) => a - b));
        expect(serviceTime.max).toBeLessThanOrEqual(latency.max);
      }
    }),
    { numRuns: 100 },
  );
});

test('P8: throughput is what completed in the hold over its duration, within 1 %', () => {
  fc.assert(
    fc.property(runFacts, (facts) => {
      const { steps } = resultOf(facts);
      for (const [i, step] of steps.entries()) {
        const exact = facts.steps[i]!.measurement.observation.completed / (step.durationMs / 1000);
        expect(Math.abs(step.rates.completed - exact)).toBeLessThanOrEqual(0.01 * exact);
      }
    }),
    { numRuns: 100 },
  );
});

test('I2: an account that the server does not confirm is UNACCOUNTED, never passed', () => {
  fc.assert(
    fc.property(runFacts, (facts) => {
      const result = resultOf(facts);
      const listed = facts.steps.every((step) => step.server!.total === step.settled.acknowledged);
      const confirmed = facts.reconciliation !== undefined && listed;
      expect(result.server.agrees).toBe(confirmed);
      if (facts.steps.length > 0) expect(result.outcomes.includes('UNACCOUNTED')).toBe(!confirmed);
      expect(result.exitCode === 0).toBe(result.outcome === 'PASSED');
      if (result.exitCode === 0) expect(result.passed && result.validity.valid && confirmed).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('P3: a shortfall of more than a tenth is never passed over: it fails, or the run ended otherwise', () => {
  fc.assert(
    fc.property(runFacts, (facts) => {
      const result = resultOf(facts);
      const holds = result.steps.filter((step) => step.counted);
      const short = holds.some((step) => step.rates.completed < 0.9 * step.fromRate);
      if (short) expect(result.outcome).not.toBe('PASSED');
      if (short && result.passed === false)
        expect(result.failureReasons.length + result.findings.length).toBeGreaterThan(0);
    }),
    { numRuns: 200 },
  );
});

test('the whole account is the sum of its steps', () => {
  fc.assert(
    fc.property(runFacts, (facts) => {
      const { ledger, steps } = resultOf(facts);
      expect(ledger.scheduled).toBe(steps.reduce((all, step) => all + step.ledger.scheduled, 0));
      expect(sum(ledger.rejected)).toBe(steps.reduce((all, step) => all + sum(step.ledger.rejected), 0));
    }),
    { numRuns: 100 },
  );
});

test('I11: the first that applies of 104, 1, 105, 112, 111, 99, 113 is the exit code; all are told', () => {
  const order: [Outcome, number][] = [
    ['BAD_CONFIGURATION', 104],
    ['ERROR', 1],
    ['ABORTED', 105],
    ['UNACCOUNTED', 112],
    ['INVALID', 111],
    ['FAILED', 99],
    ['CLEANUP_INCOMPLETE', 113],
  ];
  fc.assert(
    fc.property(fc.subarray(order), (some) => {
      const { outcomes, exitCode } = endingOf(new Set(some.map(([outcome]) => outcome)));
      expect(outcomes).toEqual(some.length === 0 ? ['PASSED'] : some.map(([outcome]) => outcome));
      expect(exitCode).toBe(some[0]?.[1] ?? 0);
    }),
    { numRuns: 128 },
  );
  expect(EXIT).toMatchObject({
    passed: 0,
    error: 1,
    thresholdsFailed: 99,
    badConfiguration: 104,
    interrupted: 105,
    invalid: 111,
    unaccounted: 112,
    cleanupIncomplete: 113,
  });
});

test('law 5, law 7: iterations are told by the percentiles of all samples together, and by their means', () => {
  fc.assert(
    fc.property(runFacts, (facts) => {
      const { iterations, results, steps } = resultOf(facts);
      const holds = steps.filter((step) => step.counted);
      if (facts.spec.iterations === 1 || holds.length === 0) return expect(iterations).toBeUndefined();
      expect(iterations!.count).toBe(holds.length);
      expect(results.latency.count).toBe(holds.reduce((sum, step) => sum + step.latency.count, 0));
      const mean = holds.reduce((sum, step) => sum + step.rates.completed, 0) / holds.length;
      expect(iterations!.means.throughput.mean).toBeCloseTo(mean, 6);
      expect(results.actualRate).toBeCloseTo(mean, 6);
    }),
    { numRuns: 200 },
  );
});
