import fc from 'fast-check';
import { emptyHistogram, encodeHistogram, recordMs } from '../../measurement/account/histogram';
import type { LaneHistograms, StepMeasurement } from '../../measurement/account/lane';
import { total, type Ledger } from '../../measurement/account/ledger';
import { judge } from '../../measurement/judging/verdict';
import { assessValidity, evidenceOf } from '../../measurement/judging/validity';
import { planOf, type PlannedStep } from '../../orchestrator/plan';
import type { RunFacts, StepFacts } from '../../report/facts';
import { parseSpec, type BenchmarkSpec } from '../../spec/parse';

/** Parses a spec; throws if it is invalid. */
export function specOf(input: object): BenchmarkSpec {
  const parsed = parseSpec(input);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.spec;
}

const counts = fc.dictionary(
  fc.constantFrom('UNAVAILABLE', 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace', 'INTERNAL'),
  fc.nat(20),
);

/** Returns the histograms of workflows with these latencies, milliseconds. */
export function histogramsOf(latencies: readonly number[]): LaneHistograms {
  const encode = (digits: 2 | 3, values: readonly number[]) => {
    const histogram = emptyHistogram(digits);
    for (const value of values) recordMs(histogram, value);
    return encodeHistogram(histogram);
  };
  return {
    latency: encode(3, latencies),
    service: encode(2, latencies),
    start: encode(
      2,
      latencies.map((ms) => ms / 4),
    ),
    lag: encode(
      2,
      latencies.map(() => 1),
    ),
  };
}

/** What happens in one step. */
interface StepScenario {
  readonly completed: number;
  readonly notObserved: number;
  readonly rejected: Record<string, number>;
  readonly skipped: Record<string, number>;
  readonly latency: number;
  readonly cut: boolean;
  readonly serverLoses: number;
}

const stepScenario: fc.Arbitrary<StepScenario> = fc.record({
  completed: fc.nat(500),
  notObserved: fc.nat(3),
  rejected: counts,
  skipped: counts,
  latency: fc.double({ min: 0.1, max: 9000, noNaN: true }),
  cut: fc.boolean(),
  serverLoses: fc.constantFrom(0, 0, 0, 1),
});

function stepFacts(step: PlannedStep, scenario: StepScenario, startAtMs: number): StepFacts {
  const acknowledged = scenario.completed + scenario.notObserved;
  const ledger: Ledger = {
    scheduled: acknowledged + total(scenario.rejected) + total(scenario.skipped),
    acknowledged,
    recovered: 0,
    rejected: scenario.rejected,
    skipped: scenario.skipped,
    unknown: {},
    inDoubt: 0,
  };
  const measurement: StepMeasurement = {
    ledger,
    scheduledByLane: [ledger.scheduled],
    parts: [],
    provisional: [],
    observation: {
      chosen: acknowledged,
      completed: scenario.completed,
      failed: {},
      lost: scenario.notObserved,
      pending: 0,
    },
    histograms: histogramsOf(
      Array.from({ length: scenario.completed }, (_, i) => scenario.latency * (1 + (i % 7) / 10)),
    ),
    completedDuring: [[step.index, scenario.completed]],
    series: [[Math.floor(step.startMs / 1000), ledger.scheduled, acknowledged, 0, 0, scenario.completed, 0, 1, 1]],
    audits: [],
    gapArrivals: 0,
    ...(scenario.cut ? { cutShort: 'canceled' } : {}),
  };
  const listed = Math.max(0, acknowledged - scenario.serverLoses);
  const facts: StepFacts = {
    step,
    startAtMs,
    measurement,
    settled: ledger,
    server: { total: listed, completed: listed, failed: 0, canceled: 0, terminated: 0, timedOut: 0, open: 0 },
  };
  if (step.thresholds === undefined || scenario.cut) return facts;
  const outcome = {
    p99LatencyMs: scenario.latency,
    throughput: scenario.completed / (step.durationMs / 1000),
    scheduledRate: ledger.scheduled / (step.durationMs / 1000),
    errorRate: total(scenario.rejected) / Math.max(1, ledger.scheduled),
  };
  return {
    ...facts,
    verdict: judge(step.thresholds, outcome),
    validity: assessValidity(evidenceOf(measurement), [], 0.01),
  };
}

/** The facts of runs that end in every possible way: before the load, during the load, or after cleanup. */
export const runFacts: fc.Arbitrary<RunFacts> = fc
  .record({
    spec: fc.constantFrom(
      specOf({ rate: 10, duration: '20s' }),
      specOf({ stages: [5, 10, 20], hold: '5s' }),
      specOf({ rate: 10, duration: '20s', iterations: 2 }),
    ),
    scenarios: fc.array(stepScenario, { minLength: 4, maxLength: 4 }),
    stepsRun: fc.nat(4),
    ends: fc.constantFrom('well', 'error', 'abort', 'unclean'),
    reconciled: fc.boolean(),
  })
  .map(({ spec, scenarios, stepsRun, ends, reconciled }) => {
    const plan = planOf(spec);
    const steps = plan.steps
      .slice(0, stepsRun)
      .map((step, i) => stepFacts(step, scenarios[i]!, 1_700_000_000_000 + step.startMs));
    return {
      spec,
      startedAtMs: 1_700_000_000_000,
      runId: 'run-1a2b3c4d',
      workflowId: 'run',
      namespace: 'benchmark-run-1a2b3c4d',
      thresholds: plan.steps.find((step) => step.thresholds)!.thresholds!,
      observeShare: plan.observeShare,
      seriesWidthMs: plan.seriesWidthMs,
      ...(stepsRun > 0 ? { loadStartMs: 1_700_000_000_000 } : {}),
      loadDurationMs: plan.durationMs,
      shifts: [],
      steps,
      generators: [],
      hosts: [],
      notes: [],
      ...(reconciled
        ? {
            reconciliation: {
              settledBy: 'nothing to settle',
              visibilityWaitMs: 3,
              open: [],
              disagreements: [],
              completedInWindow: [],
            },
          }
        : {}),
      ...(ends === 'error' ? { error: 'the target does not respond' } : {}),
      ...(ends === 'abort' ? { abortReason: 'aborted by the user' } : {}),
      cleanup: {
        complete: ends !== 'unclean',
        terminated: 0,
        stillRunning: 0,
        namespaceDeleted: false,
        warnings: [],
        commands: [],
      },
    };
  });
