import { summarize } from '../account/histogram';
import { total, type Ledger } from '../account/ledger';
import type { StepMeasurement } from '../account/lane';
import type { HoldOutcome } from './verdict';

/**
 * Law 6: what did not become a completed workflow, as a share of what was scheduled. Skipped, rejected, unknown and
 * doubtful arrivals count, and so do workflows that closed otherwise or not at all.
 *
 * @param notCompleted workflows that exist and did not complete
 * @returns 0–1; 0 where nothing was scheduled
 */
export function errorRate(ledger: Ledger, notCompleted: number): number {
  if (ledger.scheduled === 0) return 0;
  const lost = total(ledger.skipped) + total(ledger.rejected) + total(ledger.unknown) + ledger.inDoubt;
  return Math.min(1, (lost + notCompleted) / ledger.scheduled);
}

/** Law P8: completions inside the hold per second of the hold. */
export function throughput(completedInHold: number, holdMs: number): number {
  return holdMs === 0 ? 0 : completedInHold / (holdMs / 1000);
}

/** Completions that clients saw in the time of a step, whichever step's arrivals they belong to. */
export function completedDuring(
  stepIndex: number,
  measurements: readonly Pick<StepMeasurement, 'completedDuring'>[],
): number {
  return measurements
    .flatMap((measurement) => measurement.completedDuring)
    .filter(([index]) => index === stepIndex)
    .reduce((sum, [, count]) => sum + count, 0);
}

/** What the clients alone saw fail, before the server was asked. In a sampled run it is scaled up to all starts. */
export function notCompletedSeen({ observation, ledger }: Pick<StepMeasurement, 'observation' | 'ledger'>): number {
  const seen = total(observation.failed) + observation.pending;
  const scale = observation.chosen === 0 ? 0 : ledger.acknowledged / observation.chosen;
  return seen * Math.max(1, scale);
}

export function holdOutcome(
  measurement: Pick<StepMeasurement, 'ledger' | 'histograms'>,
  holdMs: number,
  completedInHold: number,
  notCompleted: number,
): HoldOutcome {
  return {
    p99LatencyMs: summarize(measurement.histograms.latency).p99.ms,
    throughput: throughput(completedInHold, holdMs),
    errorRate: errorRate(measurement.ledger, notCompleted),
  };
}
