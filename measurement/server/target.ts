import type { ServerRow } from './over-time';
import type { ServerReading } from './server-metrics';

export const LIMIT_SET_BY = ['user', 'worker'] as const;
export type LimitSetBy = (typeof LIMIT_SET_BY)[number];

/** A task queue at one instant, by the server's approximate statistics. */
export interface QueueSample {
  readonly atMs: number;
  readonly backlog: number;
  readonly ageMs: number;
  readonly addedPerSecond: number;
  readonly dispatchedPerSecond: number;
  /** The rate limit that was set for the queue, or by its workers; absent without one. Tasks per second. */
  readonly limitPerSecond?: number;
  readonly limitSetBy?: LimitSetBy;
}

/** A task queue during one step. */
export interface QueueDepth {
  readonly samples: number;
  readonly meanBacklog: number;
  readonly highestBacklog: number;
  readonly highestAgeMs: number;
  /** The fastest growth of the backlog between a sample and the next but one: a single value may be seconds old. */
  readonly growthPerSecond: number;
  readonly addedPerSecond: number;
  readonly dispatchedPerSecond: number;
  /** The lowest rate limit that was set for the queue, or by its workers; absent without one. Tasks per second. */
  readonly limitPerSecond?: number;
  readonly limitSetBy?: LimitSetBy;
}

export const QUEUE_TYPES = ['workflow', 'activity'] as const;
export type QueueType = (typeof QUEUE_TYPES)[number];

/** What the target did during a step. */
export interface TargetObservation {
  /** The run's task queues; null if the server did not report them. */
  readonly queues: Readonly<Record<QueueType, QueueDepth | null>>;
  readonly server: ServerObservation;
  /** Readings over time, from the start of the step; absent if an older version observed it. */
  readonly overTime?: readonly ServerRow[];
}

/** The readings of the server's metrics. */
export interface ServerObservation {
  readonly endpoints: number;
  readonly readings: readonly ServerReading[];
  /** Which endpoints or measures are missing, and why; empty if none is. */
  readonly unknown: readonly string[];
  /** Whether there is a source whose values arrive minutes later, so that they are read after the load. */
  readonly hasLateSource?: true;
}

/** Summarizes the samples of a task queue; null if there is none. */
export function depthOf(samples: readonly QueueSample[]): QueueDepth | null {
  if (samples.length === 0) return null;
  const mean = (pick: (sample: QueueSample) => number) =>
    samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length;
  const limited = samples.filter(({ limitPerSecond }) => limitPerSecond !== undefined);
  const lowest = limited.sort((a, b) => a.limitPerSecond! - b.limitPerSecond!)[0];
  return {
    samples: samples.length,
    meanBacklog: mean(({ backlog }) => backlog),
    highestBacklog: Math.max(...samples.map(({ backlog }) => backlog)),
    highestAgeMs: Math.max(...samples.map(({ ageMs }) => ageMs)),
    growthPerSecond: growthOf(samples),
    addedPerSecond: mean(({ addedPerSecond }) => addedPerSecond),
    dispatchedPerSecond: mean(({ dispatchedPerSecond }) => dispatchedPerSecond),
    ...(lowest ? { limitPerSecond: lowest.limitPerSecond!, limitSetBy: lowest.limitSetBy! } : {}),
  };
}

function growthOf(samples: readonly QueueSample[]): number {
  const growths = samples.slice(2).map(({ backlog, atMs }, i) => {
    const before = samples[i]!;
    return (1000 * (backlog - before.backlog)) / Math.max(1, atMs - before.atMs);
  });
  return Math.max(0, ...growths);
}
