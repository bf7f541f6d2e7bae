import fc from 'fast-check';
import { EXIT, endingOf, type Outcome } from '../../report/exit-codes';
import { resultOf, resultWithoutRun } from '../../report/result';
import { renderText } from '../../report/text';
import { LaneAccount } from '../../activities/generate-load/lane-account';
import { idleAudit } from '../../measurement/account/generator-audit';
import { mergeLanes } from '../../measurement/account/lane';
import { planOf } from '../../orchestrator/plan';
import type { RunFacts, StepFacts } from '../../report/facts';
import { histogramsOf, runFacts, specOf } from '../support/facts';
import { laneInput } from '../support/lane';
import { schemaErrors, sum } from '../support/result';

test('P9: the result is valid against its JSON Schema however the run ended, and the summary names every outcome', () => {
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

test('P7: in any result p50 ≤ p95 ≤ p99 ≤ p99.9 ≤ max, and no percentile of the service time exceeds that of the latency', () => {
  fc.assert(
    fc.property(runFacts, (facts) => {
      const { results, steps } = resultOf(facts);
      for (const { latency, serviceTime } of [results, ...steps]) {
        const found = [latency.p50, latency.p95, latency.p99, latency.p999, latency.max];
        expect(found).toEqual([...found].sort((a, b) => a - b));
        for (const percentile of ['p50', 'p95', 'p99', 'p999', 'max'] as const)
          expect(serviceTime[percentile]).toBeLessThanOrEqual(latency[percentile]);
      }
    }),
    { numRuns: 100 },
  );
});

test('P8: throughput is the completions during a hold over its duration, whichever step started the workflows', () => {
  const [planned] = planOf(specOf({ rate: 10, duration: '20s', iterations: 2 })).steps;
  const holdMs = 20_000;
  // When each workflow started by the first and by the second hold completes: milliseconds from the start of its hold.
  const instants = fc.array(fc.double({ min: 0, max: 2.2 * holdMs, noNaN: true }), {
    minLength: 1,
    maxLength: 60,
    size: 'max',
  });
  fc.assert(
    fc.property(instants, instants, (first, second) => {
      const timeline = [0, 1].map((index) => ({ index, startMs: index * holdMs, endMs: (index + 1) * holdMs }));
      const steps = [first, second].map((completions, index): StepFacts => {
        const step = { ...planned!, index, name: `hold ${index}`, startMs: index * holdMs, durationMs: holdMs };
        const account = new LaneAccount(laneInput({ step: { ...laneInput().step, ...step }, timeline }));
        completions.forEach((atMs, sequence) => {
          account.schedule(sequence, 0);
          account.send(sequence, 0);
          account.acknowledge(sequence, 1, 1);
          account.choose(0);
          account.complete({ sequence, atMs, latencyMs: atMs, serviceMs: atMs });
        });
        const measurement = mergeLanes([account.result(idleAudit, undefined)]);
        return { step, startAtMs: step.startMs, measurement, settled: measurement.ledger };
      });
      const [any] = fc.sample(runFacts, { numRuns: 1, seed: 1 });
      const facts: RunFacts = { ...any!, steps, observeShare: 1, reconciliation: undefined };
      const completedAt = [...first, ...second.map((atMs) => atMs + holdMs)];
      resultOf(facts).steps.forEach((step, i) => {
        const during = completedAt.filter((atMs) => i * holdMs <= atMs && atMs < (i + 1) * holdMs);
        expect(step.rates.completed).toBeCloseTo(during.length / 20, 9);
      });
    }),
    { numRuns: 100 },
  );
});

test('P8: in a sampled run the throughput is the count of the server, or else the sample scaled up', () => {
  const [any] = fc.sample(runFacts, { numRuns: 1, seed: 1 });
  const [step] = planOf(specOf({ rate: 10, duration: '20s' })).steps;
  const measurement = {
    ...mergeLanes([new LaneAccount(laneInput()).result(idleAudit, undefined)]),
    completedDuring: [[step!.index, 40]] as const,
  };
  const steps = [{ step: step!, startAtMs: 0, measurement, settled: measurement.ledger }];
  const sampled: RunFacts = { ...any!, steps, observeShare: 0.25, reconciliation: undefined };
  expect(resultOf(sampled).steps[0]!.rates.completed).toBeCloseTo(160 / (step!.durationMs / 1000), 9);
  const reconciliation = {
    settledBy: 'count',
    visibilityWaitMs: 0,
    open: [],
    disagreements: [],
    completedInWindow: [[step!.index, 150]] as const,
  };
  const counted = resultOf({ ...sampled, reconciliation });
  expect(counted.steps[0]!.rates.completed).toBeCloseTo(150 / (step!.durationMs / 1000), 9);
  expect(counted.completion.throughputFrom).toBe('server');
});

test('I2: a ledger that the server does not confirm is UNACCOUNTED and never PASSED', () => {
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

test('P3: a run with a shortfall of more than 10 % never passes', () => {
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

test('the ledger of a run is the sum of the ledgers of its steps', () => {
  fc.assert(
    fc.property(runFacts, (facts) => {
      const { ledger, steps } = resultOf(facts);
      expect(ledger.scheduled).toBe(steps.reduce((all, step) => all + step.ledger.scheduled, 0));
      expect(sum(ledger.rejected)).toBe(steps.reduce((all, step) => all + sum(step.ledger.rejected), 0));
    }),
    { numRuns: 100 },
  );
});

test('I11: the first that applies of 104, 1, 105, 112, 111, 99, 113 is the exit code; the result lists all outcomes', () => {
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

test('law 7: the means over iterations are the means of the counted holds; a single iteration has none', () => {
  fc.assert(
    fc.property(runFacts, (facts) => {
      const { iterations, results, steps } = resultOf(facts);
      const holds = steps.filter((step) => step.counted);
      const expected = facts.spec.iterations === 1 || holds.length === 0 ? undefined : holds.length;
      expect(iterations?.count).toBe(expected);
      if (iterations === undefined) return;
      const mean = holds.reduce((sum, step) => sum + step.rates.completed, 0) / holds.length;
      expect(iterations.means.throughput.mean).toBeCloseTo(mean, 6);
      expect(results.actualRate).toBeCloseTo(mean, 6);
    }),
    { numRuns: 200 },
  );
});

test('law 5: the percentiles of iterations are those of all their samples, not means of percentiles', () => {
  const { steps } = planOf(specOf({ rate: 10, duration: '20s', iterations: 2 }));
  const empty = mergeLanes([new LaneAccount(laneInput()).result(idleAudit, undefined)]);
  // 985 fast and 15 slow samples: the p99 of all samples is slow, the mean of the two p99s is not.
  const latencies = [Array<number>(500).fill(10), [...Array<number>(485).fill(10), ...Array<number>(15).fill(1000)]];
  const holds = steps.filter(({ kind }) => kind === 'hold');
  const [any] = fc.sample(runFacts, { numRuns: 1, seed: 1 });
  const facts: RunFacts = {
    ...any!,
    spec: specOf({ rate: 10, duration: '20s', iterations: 2 }),
    steps: holds.map((step, i) => {
      const measurement = { ...empty, histograms: histogramsOf(latencies[i]!) };
      return { step, startAtMs: step.startMs, measurement, settled: measurement.ledger };
    }),
  };
  const { latency } = resultOf(facts).results;
  expect(latency.count).toBe(1000);
  expect(latency.p50).toBeCloseTo(10, 1);
  expect(latency.p99).toBeCloseTo(1000, -1);
});
