import { summarize, type EncodedHistogram } from '../measurement/account/histogram';
import { noHistograms, type LaneHistograms } from '../measurement/account/lane';
import { GAP, total } from '../measurement/account/ledger';
import type { MixPartCounts } from '../measurement/account/mix';
import { completedDuring, throughput } from '../measurement/judging/hold-outcome';
import type { Validity } from '../measurement/judging/validity';
import { queuesOf } from './cluster';
import type { RunFacts, StepFacts } from './facts';
import type { BenchmarkResult, ResultLatency, StepResult } from './result-schema';

/** A step with its facts and its entry in the result. */
export interface ReportedStep extends StepFacts {
  readonly counted: boolean;
  readonly result: StepResult;
}

/** Returns whether a step counts in the statistics: complete holds do, and of a repeated hold only the last attempt. */
export function isCounted(step: StepFacts, all: readonly StepFacts[]): boolean {
  if (step.step.kind !== 'hold' || step.measurement.cutShort !== undefined) return false;
  return !all.some(({ step: other, measurement }) => {
    const later = other.name === step.step.name && other.attempt > step.step.attempt;
    return later && measurement.cutShort === undefined;
  });
}

export function stepResult(
  step: StepFacts,
  facts: Pick<RunFacts, 'steps' | 'reconciliation' | 'observeShare'>,
): ReportedStep {
  const { measurement, settled } = step;
  const { index, name, kind, iteration, attempt, fromRate, toRate, startMs, durationMs } = step.step;
  const planned = { index, name, kind, iteration, attempt, fromRate, toRate, startMs, durationMs };
  const counted = isCounted(step, facts.steps);
  const perSecond = (n: number) => throughput(n, planned.durationMs);
  const skipped = total(settled.skipped);
  const result: StepResult = {
    ...planned,
    counted,
    ...(measurement.cutShort === undefined ? {} : { cutShort: measurement.cutShort }),
    gapArrivals: Math.max(measurement.gapArrivals, settled.skipped[GAP] ?? 0),
    ledger: { ...settled },
    rates: {
      target: (planned.fromRate + planned.toRate) / 2,
      scheduled: perSecond(settled.scheduled),
      sent: perSecond(settled.scheduled - skipped - settled.inDoubt),
      acknowledged: perSecond(settled.acknowledged),
      completed: perSecond(completedInStep(planned.index, facts)),
    },
    ...(step.latencies ?? latenciesOf(measurement.histograms)),
    ...(kind === 'hold' ? mixOf(measurement.parts) : {}),
    ...queuesOf(measurement.target),
    ...(step.server ? { server: { ...step.server } } : {}),
    ...(step.verdict
      ? {
          passed: step.verdict.passed,
          thresholds: [...step.verdict.thresholds],
          failureReasons: [...step.verdict.failureReasons],
        }
      : {}),
    ...(step.validity ? { validity: copyValidity(step.validity) } : {}),
    ...(counted && measurement.histograms.latency !== noHistograms.latency
      ? { histogram: measurement.histograms.latency }
      : {}),
  };
  return { ...step, counted, result };
}

/**
 * Returns the completions during a step. It is the server's count, if there is one; otherwise what clients observed, scaled
 * up if they observed a sample.
 */
export function completedInStep(
  index: number,
  facts: Pick<RunFacts, 'steps' | 'reconciliation' | 'observeShare'>,
): number {
  const byServer = facts.reconciliation?.completedInWindow.find(([step]) => step === index);
  if (byServer) return byServer[1];
  const seen = completedDuring(
    index,
    facts.steps.map((step) => step.measurement),
  );
  const share = facts.steps.find(({ step }) => step.index === index)?.step.observeShare ?? facts.observeShare;
  return share < 1 ? Math.round(seen / share) : seen;
}

/** Returns the number of workflows that exist and did not complete, by the server's count; 0 without a count. */
export function notCompleted({ server }: Pick<StepFacts, 'server'>): number {
  return server ? server.total - server.completed : 0;
}

export function latenciesOf(histograms: LaneHistograms) {
  const latency = latencyOf(histograms.latency);
  return {
    latency,
    serviceTime: atMost(latencyOf(histograms.service), latency),
    startLatency: latencyOf(histograms.start),
    scheduleLag: latencyOf(histograms.lag),
  };
}

/**
 * Limits the percentiles of the service time to those of the latency. No sample's service time exceeds its latency, but
 * the service histogram is coarser (2 digits instead of 3), so its rounded percentiles could.
 */
function atMost(service: ResultLatency, latency: ResultLatency): ResultLatency {
  const lower = (key: 'p50' | 'p95' | 'p99' | 'p999' | 'max') => Math.min(service[key], latency[key]);
  const bounded = { p50: lower('p50'), p95: lower('p95'), p99: lower('p99'), p999: lower('p999'), max: lower('max') };
  return { ...service, ...bounded };
}

/** Returns the figures of each workload of a mix; nothing for a single workload. */
export function mixOf(parts: readonly MixPartCounts[]): Pick<StepResult, 'mix'> {
  return parts.length === 0 ? {} : { mix: parts.map((part) => ({ ...part, latency: latencyOf(part.latency) })) };
}

export function latencyOf(encoded: EncodedHistogram): ResultLatency {
  const { count, p50, p95, p99, p999, max, mean } = summarize(encoded);
  return {
    p50: p50.ms,
    p95: p95.ms,
    p99: p99.ms,
    p999: p999.ms,
    max: max.ms,
    mean: Math.round(mean.ms * 1000) / 1000,
    count,
    sufficient: { p50: p50.sufficient, p95: p95.sufficient, p99: p99.sufficient, p999: p999.sufficient },
  };
}

export function copyValidity({ valid, reasons, checks }: Validity): BenchmarkResult['validity'] {
  return { valid, reasons: [...reasons], checks: checks.map((check) => ({ ...check })) };
}
