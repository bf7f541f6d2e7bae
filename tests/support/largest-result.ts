import { BUCKET_COLUMNS, COLUMNS } from '../../measurement/account/series';
import type { GeneratorAudit } from '../../measurement/account/generator-audit';
import { judge } from '../../measurement/judging/verdict';
import { assessValidity, evidenceOf } from '../../measurement/judging/validity';
import { ROW_COLUMNS } from '../../measurement/server/over-time';
import { planOf } from '../../orchestrator/plan';
import type { RunFacts, StepFacts } from '../../report/facts';
import { resultOf } from '../../report/result';
import type { BenchmarkResult } from '../../report/result-schema';
import { histogramsOf, specOf } from './facts';

export const LANES = 50;

function audit(lane: number): GeneratorAudit {
  return {
    identity: `generator@ip-10-0-123-${lane}.eu-central-1.compute.internal:${10_000 + lane}`,
    attempts: 1,
    eventLoopUtilization: 0.1234,
    eventLoopDelayP99Ms: 2.3456,
    cpuThrottledShare: 0.0012,
    clockOffsetMs: -12.345,
    clockUncertaintyMs: 2.345,
    maxResidentBytes: 123_456_789,
    observerRetries: 12,
    maxInFlight: 123,
    capLowered: 0,
  };
}

/** Returns the result of the longest staircase, on 50 lanes, with rejections of every kind. */
export function largestResult(): BenchmarkResult {
  const spec = specOf({
    stages: Array.from({ length: 50 }, (_, i) => 100 + i),
    hold: '20m',
    retention: '72h',
    lanes: LANES,
  });
  const plan = planOf(spec);
  const rejected = {
    'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace': 1234,
    'RESOURCE_EXHAUSTED/SYSTEM_OVERLOADED/system': 567,
    DEADLINE_EXCEEDED: 8,
  };
  const ledger = {
    scheduled: 120_000,
    acknowledged: 118_000,
    recovered: 191,
    rejected,
    skipped: {},
    unknown: {},
    inDoubt: 0,
  };
  const histograms = histogramsOf(Array.from({ length: 2000 }, (_, i) => 10 + (i % 300)));
  const steps = plan.steps.map((step): StepFacts => {
    const points = plan.durationMs / plan.seriesWidthMs / plan.steps.length;
    const series = Array.from({ length: points }, (_, i) => [
      Math.floor(step.startMs / plan.seriesWidthMs) + i,
      ...COLUMNS.slice(1).map((_column, k) => 12_345.678 * (k + 1)),
      ...BUCKET_COLUMNS.map(() => 12_345),
    ]);
    const measurement = {
      ledger,
      scheduledByLane: Array.from({ length: LANES }, () => 2400),
      provisional: [],
      observation: { chosen: 100_000, completed: 99_990, failed: { timedOut: 5 }, lost: 3, pending: 2 },
      histograms,
      completedDuring: [[step.index, 118_000]] as const,
      parts: [],
      series,
      audits: Array.from({ length: LANES }, (_, lane) => audit(lane)),
      gapArrivals: 12,
    };
    const facts: StepFacts = {
      step,
      startAtMs: 1_700_000_000_000 + step.startMs,
      measurement,
      settled: ledger,
      server: { total: 118_191, completed: 118_000, failed: 191, canceled: 0, terminated: 0, timedOut: 0, open: 0 },
    };
    if (!step.thresholds) return facts;
    const verdict = judge(step.thresholds, {
      p99LatencyMs: 9999.123,
      throughput: 12.345,
      scheduledRate: 98.765,
      errorRate: 0.123456,
      drift: { perSecond: 12.345, limitPerSecond: 1.2345, sustainable: false },
    });
    return { ...facts, verdict, validity: assessValidity({ ...evidenceOf(measurement), lagP99Ms: 99.9 }, [], 0) };
  });
  const facts: RunFacts = {
    spec,
    startedAtMs: 1_700_000_000_000,
    runId: 'x'.repeat(49),
    workflowId: 'x'.repeat(200),
    namespace: `benchmark-${'x'.repeat(49)}`,
    thresholds: plan.steps[1]!.thresholds!,
    observeShare: 0.1,
    seriesWidthMs: plan.seriesWidthMs,
    loadStartMs: 1_700_000_000_000,
    loadDurationMs: plan.durationMs,
    shifts: [],
    steps,
    generators: Array.from({ length: LANES }, (_, lane) => audit(lane)),
    hosts: [],
    serverRows: Array.from({ length: 300 }, (_, i) => [
      i * 15_000,
      ...ROW_COLUMNS.slice(1).map((_name, k) => 12_345.678 * k),
    ]),
    abortReason: 'x'.repeat(1000),
    abortedAtMs: 1_700_000_100_000,
    notes: [],
  };
  return resultOf(facts);
}
