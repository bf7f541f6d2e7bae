import { summarize } from '../account/histogram';
import { total, type Ledger } from '../account/ledger';
import type { StepMeasurement } from '../account/lane';
import type { HoldOutcome } from './verdict';

/**
 * Returns the share of the scheduled arrivals that did not become a completed workflow (law 6). It counts skipped,
 * rejected, unknown and in-doubt arrivals, and workflows that are still open or closed with another status.
 *
 * @param notCompleted workflows that exist and did not complete
 * @returns 0–1; 0 if nothing was scheduled
 */
export function errorRate(ledger: Ledger, notCompleted: number): number {
  if (ledger.scheduled === 0) return 0;
  const notStarted = total(ledger.skipped) + total(ledger.rejected) + total(ledger.unknown) + ledger.inDoubt;
  return Math.min(1, (notStarted + notCompleted) / ledger.scheduled);
}

/** Returns the completions inside the hold per second of the hold (P8). */
export function throughput(completedInHold: number, holdMs: number): number {
  return holdMs === 0 ? 0 : completedInHold / (holdMs / 1000);
}

/** Returns the completions that clients observed during a step, no matter which step started the workflows. */
export function completedDuring(
  stepIndex: number,
  measurements: readonly Pick<StepMeasurement, 'completedDuring'>[],
): number {
  return measurements
    .flatMap((measurement) => measurement.completedDuring)
    .filter(([index]) => index === stepIndex)
    .reduce((sum, [, count]) => sum + count, 0);
}

/**
 * Returns the workflows that clients observed and that did not complete, before the server has been asked. If only a
 * sample was observed, the number is scaled up to all starts.
 */
export function notCompletedSeen({ observation, ledger }: Pick<StepMeasurement, 'observation' | 'ledger'>): number {
  const seen = total(observation.failed) + observation.pending;
  const scale = observation.chosen === 0 ? 0 : ledger.acknowledged / observation.chosen;
  return seen * Math.max(1, scale);
}

/** Returns the values of a hold that `judge` compares with its thresholds. */
export function holdOutcome(
  measurement: Pick<StepMeasurement, 'ledger' | 'histograms'>,
  holdMs: number,
  completedInHold: number,
  notCompleted: number,
): HoldOutcome {
  return {
    p99LatencyMs: summarize(measurement.histograms.latency).p99.ms,
    throughput: throughput(completedInHold, holdMs),
    scheduledRate: throughput(measurement.ledger.scheduled, holdMs),
    errorRate: errorRate(measurement.ledger, notCompleted),
  };
}
