import { mergeLaneHistograms, noHistograms, type LaneHistograms } from '../measurement/account/lane';
import { mergeLedgers, startedWorkflows, type Ledger } from '../measurement/account/ledger';
import { errorRate } from '../measurement/judging/hold-outcome';
import type { RunFacts } from './facts';
import type { BenchmarkResult } from './result-schema';
import { latenciesOf, notCompleted, type ReportedStep } from './steps';

/** Returns the holds whose figures head the report: the headline hold of a staircase or a search, or all iterations together. */
export function headlineHolds(
  { spec, search }: Pick<RunFacts, 'spec' | 'search'>,
  counted: readonly ReportedStep[],
  headline: ReportedStep | undefined,
): readonly ReportedStep[] {
  if (spec.stages === undefined && search === undefined) return counted;
  return headline ? [headline] : [];
}

/** Returns the figures that head the report. Without a complete hold, the error rate is that of the whole run. */
export function resultsOf(
  facts: RunFacts,
  holds: readonly ReportedStep[],
  ledger: Ledger,
  counts: BenchmarkResult['server']['counts'],
): BenchmarkResult['results'] {
  const { completed, open, total: all } = counts;
  const rates = meanRates(holds.map((step) => step.result.rates));
  const missing = holds.reduce((sum, step) => sum + notCompleted(step), 0);
  return {
    workflowsStarted: startedWorkflows(ledger),
    workflowsCompleted: completed,
    workflowsFailed: Math.max(0, all - completed - open),
    actualRate: rates.completed,
    errorRate:
      holds.length > 0
        ? errorRate(mergeLedgers(holds.map((step) => step.settled)), missing)
        : errorRate(ledger, all - completed),
    rates,
    ...latenciesOf(histogramsOf(facts, holds)),
  };
}

/** Returns unweighted means, because the holds have equal length. */
function meanRates(all: readonly BenchmarkResult['results']['rates'][]): BenchmarkResult['results']['rates'] {
  const mean = (pick: (rates: BenchmarkResult['results']['rates']) => number) =>
    all.length === 0 ? 0 : all.reduce((sum, rates) => sum + pick(rates), 0) / all.length;
  return {
    target: mean(({ target }) => target),
    scheduled: mean(({ scheduled }) => scheduled),
    sent: mean(({ sent }) => sent),
    acknowledged: mean(({ acknowledged }) => acknowledged),
    completed: mean(({ completed }) => completed),
  };
}

/**
 * Merges the histograms of the holds, so that percentiles are those of all samples (law 5). Without a complete hold, it
 * merges those of the incomplete ones.
 */
function histogramsOf(facts: RunFacts, headline: readonly ReportedStep[]): LaneHistograms {
  const holds = headline.length > 0 ? headline : facts.steps.filter((step) => step.step.kind === 'hold');
  return holds.length > 0 ? mergeLaneHistograms(holds.map((step) => step.measurement.histograms)) : noHistograms;
}
