import { randomUUID } from 'node:crypto';
import { Series } from '../../measurement/account/series';
import { judge } from '../../measurement/judging/verdict';
import { planOf } from '../../orchestrator/plan';
import type { RunFacts, StepFacts } from '../../report/facts';
import { resultOf } from '../../report/result';
import type { BenchmarkResult } from '../../report/result-schema';
import { generator } from '../../measurement/comparing/bootstrap';
import { assessValidity, evidenceOf } from '../../measurement/judging/validity';
import { histogramsOf, specOf } from './facts';
import { passedRun } from './passed-run';

/** Returns the result of a run that a simulated cluster with this capacity served: the page is tested with it. */
export function playedResult(spec: object, capacity: number, change: Partial<RunFacts> = {}): BenchmarkResult {
  const parsed = specOf(spec);
  const plan = planOf(parsed);
  const random = generator(7);
  const base = passedRun();
  const steps = plan.steps.map((step): StepFacts => {
    const rate = (step.fromRate + step.toRate) / 2;
    const scheduled = Math.round((rate * step.durationMs) / 1000);
    const load = Math.min(0.97, rate / capacity);
    const refused = rate > capacity ? Math.round(scheduled * (1 - capacity / rate)) : 0;
    const acknowledged = scheduled - refused;
    const series = new Series(plan.seriesWidthMs);
    const latencies = Array.from({ length: acknowledged }, (_, i) => {
      const ms = (8 / (1 - load)) * (0.4 - Math.log(1 - random()));
      const at = step.startMs + (i / acknowledged) * step.durationMs;
      for (const what of ['scheduled', 'acknowledged', 'completed'] as const) series.count(at, what);
      series.latency(at, ms);
      return ms;
    });
    for (let i = 0; i < refused; i += 1) {
      const at = step.startMs + (i / refused) * step.durationMs;
      for (const what of ['scheduled', 'rejected'] as const) series.count(at, what);
    }
    const ledger = {
      ...base.steps[0]!.settled,
      scheduled,
      acknowledged,
      rejected: (refused > 0 ? { 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace': refused } : {}) as Record<string, number>,
    };
    const measurement = {
      ...base.steps[0]!.measurement,
      ledger,
      histograms: histogramsOf(latencies),
      series: series.pack(),
      observation: { chosen: acknowledged, completed: acknowledged, failed: {}, lost: 0, pending: 0 },
      completedDuring: [[step.index, acknowledged]] as const,
    };
    const facts: StepFacts = {
      step,
      startAtMs: base.startedAtMs + step.startMs,
      measurement,
      settled: ledger,
      server: { ...base.steps[0]!.server!, total: acknowledged, completed: acknowledged },
    };
    if (!step.thresholds) return facts;
    const p99LatencyMs = [...latencies].sort((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? 0;
    const seconds = step.durationMs / 1000;
    const outcome = {
      p99LatencyMs,
      throughput: acknowledged / seconds,
      scheduledRate: scheduled / seconds,
      errorRate: refused / scheduled,
    };
    return {
      ...facts,
      verdict: judge(step.thresholds, outcome),
      validity: assessValidity(evidenceOf(measurement), [], 0),
    };
  });
  return resultOf({
    ...base,
    spec: parsed,
    runId: `run-${randomUUID().slice(0, 8)}`,
    seriesWidthMs: plan.seriesWidthMs,
    loadDurationMs: plan.durationMs,
    steps,
    ...change,
  });
}

/** The text that a reader sees, without styles and scripts. */
export function textOf(page: string): string {
  return page
    .replace(/<(style|script)\b[^]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/\s+/g, ' ');
}

/** An expression for a browser: the page without what its script adds. */
export const ARTICLE = `(() => {
  const article = document.querySelector('article.result').cloneNode(true);
  article.querySelectorAll('button').forEach((one) => one.remove());
  article.querySelectorAll('.part').forEach((one) => one.replaceWith(...one.childNodes));
  return article.innerHTML;
})()`;
