import { BUCKET_COLUMNS, COLUMNS, MAX_POINTS } from '../../measurement/account/series';
import type { GeneratorAudit } from '../../measurement/account/generator-audit';
import { judge } from '../../measurement/judging/verdict';
import { assessValidity, evidenceOf } from '../../measurement/judging/validity';
import { MAX_ROWS, ROW_COLUMNS } from '../../measurement/server/over-time';
import { planOf } from '../../orchestrator/plan';
import type { RunFacts, StepFacts } from '../../report/facts';
import { resultOf } from '../../report/result';
import type { BenchmarkResult } from '../../report/result-schema';
import { withinLimit } from '../../report/size-limit';
import { histogramsOf, specOf } from '../support/facts';
import { playedResult } from '../support/shown';

const LANES = 50;

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

test('I8: the result of the longest staircase on 50 lanes, with rejections of every kind, is at most 256 KB', () => {
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
  const result = resultOf(facts);
  expect(result.series.points.length).toBeGreaterThan(MAX_POINTS / 4);
  expect(result.dropped?.[0]).toBe('the distribution of the latency over time');
  expect(result.serverSeries?.points.length ?? 0).toBeLessThanOrEqual(MAX_ROWS);
  expect(result.serverSeries === undefined).toBe(result.dropped!.includes('the readings of the server over time'));
  expect(result.series.points[0]).toHaveLength(result.series.columns.length);
  expect(result.generators).toHaveLength(LANES);
  expect(JSON.stringify(result).length).toBeLessThanOrEqual(256 * 1024);
});

test('what does not fit is left out in this order, and joined intervals add up to the same sums', () => {
  const result = playedResult({ rate: 20, duration: '60s' }, 100);
  const rows = Array.from({ length: 240 }, (_, i) => [i * 15_000, ...ROW_COLUMNS.slice(1).map(() => 1)]);
  const full: BenchmarkResult = { ...result, serverSeries: { columns: [...ROW_COLUMNS], points: rows } };
  const order = [
    'the distribution of the latency over time',
    'the readings of the server over time',
    'the histograms of the holds',
    'half of the intervals of the series: each is joined with its neighbor',
  ];
  const tooLong = withinLimit({ ...full, notes: ['x'.repeat(256 * 1024)] });
  expect(tooLong.dropped).toEqual(order);
  expect(withinLimit(full).dropped).toBeUndefined();
  const { widthMs, columns, points } = tooLong.series;
  expect([widthMs, points.length]).toEqual([2 * result.series.widthMs, Math.ceil(result.series.points.length / 2)]);
  const total = (name: string, of: BenchmarkResult['series']) =>
    of.points.reduce((sum, row) => sum + (row[of.columns.indexOf(name)] ?? 0), 0);
  for (const name of columns.filter((one) => !['index', 'latencyMaxMs'].includes(one)))
    expect(total(name, tooLong.series)).toBeCloseTo(total(name, result.series), 1);
  const longest = ({ points: all }: BenchmarkResult['series']) =>
    Math.max(...all.map((row) => row[columns.indexOf('latencyMaxMs')] ?? 0));
  expect(longest(tooLong.series)).toBe(longest(result.series));
});
