import type { StepFacts } from '../report/facts';
import { latencyOf } from '../report/steps';
import type { StepSnapshot } from './activity-types';

/** A snapshot, when it arrived, and the acknowledged starts per second since the one before it. */
export interface Snapshot extends StepSnapshot {
  readonly atMs: number;
  readonly ratePerSecond: number;
}

/** The last snapshot of each step that has not ended. */
export class Snapshots {
  private readonly last = new Map<number, Snapshot>();

  /**
   * Adds a snapshot, unless it is older than the last one of its step: progress never goes back (I7).
   *
   * @param startAtMs when the step began, which the rate of its first snapshot is measured from
   */
  add(snapshot: StepSnapshot, atMs: number, startAtMs: number): void {
    const previous = this.last.get(snapshot.stepIndex);
    if (previous && previous.ledger.scheduled > snapshot.ledger.scheduled) return;
    const elapsedMs = atMs - (previous?.atMs ?? startAtMs);
    const acknowledged = snapshot.ledger.acknowledged - (previous?.ledger.acknowledged ?? 0);
    const ratePerSecond = elapsedMs > 0 ? (acknowledged * 1000) / elapsedMs : 0;
    this.last.set(snapshot.stepIndex, { ...snapshot, atMs, ratePerSecond });
  }

  /** Removes the snapshot of a step that has ended. */
  delete(stepIndex: number): void {
    this.last.delete(stepIndex);
  }

  /** The snapshots, by the position of their steps. */
  get all(): Snapshot[] {
    return [...this.last.values()].sort((a, b) => a.stepIndex - b.stepIndex);
  }
}

/** The median and the 99th percentile of a latency, milliseconds. */
export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Returns the latency of the latest snapshot with a completion; undefined if there is none. */
export function latencyOfLatest(
  snapshots: readonly Pick<StepSnapshot, 'completed' | 'latencyP50Ms' | 'latencyP99Ms'>[],
): Latency | undefined {
  const latest = snapshots.findLast(({ completed }) => completed > 0);
  return latest && { p50Ms: latest.latencyP50Ms, p99Ms: latest.latencyP99Ms };
}

/** Returns the latency of the last step with a completion; undefined if there is none. */
export function latencyOfSteps(steps: readonly Pick<StepFacts, 'latencies' | 'measurement'>[]): Latency | undefined {
  const last = steps.findLast(({ measurement }) => measurement.observation.completed > 0);
  if (!last) return undefined;
  const { p50, p99 } = last.latencies?.latency ?? latencyOf(last.measurement.histograms.latency);
  return { p50Ms: p50, p99Ms: p99 };
}
