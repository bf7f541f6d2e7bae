import type { ServerReading } from './server-metrics';

/** A task queue at one instant, by the server's own approximate account. */
export interface QueueSample {
  readonly atMs: number;
  readonly backlog: number;
  readonly ageMs: number;
  readonly addedPerSecond: number;
  readonly dispatchedPerSecond: number;
}

/** A task queue over one step. */
export interface QueueDepth {
  readonly samples: number;
  readonly meanBacklog: number;
  readonly highestBacklog: number;
  readonly highestAgeMs: number;
  /** How fast the backlog grew over two looks, at most: of a look alone the server's figure may be seconds old. */
  readonly growthPerSecond: number;
  readonly addedPerSecond: number;
  readonly dispatchedPerSecond: number;
}

export const QUEUE_TYPES = ['workflow', 'activity'] as const;
export type QueueType = (typeof QUEUE_TYPES)[number];

/** What the target did while a step went on. */
export interface TargetObservation {
  /** The run's task queues; null where the server did not tell. */
  readonly queues: Readonly<Record<QueueType, QueueDepth | null>>;
  readonly server: ServerObservation;
}

/** What the server's own metrics said; without endpoints, or where they did not answer, why not. */
export interface ServerObservation {
  readonly endpoints: number;
  readonly readings: readonly ServerReading[];
  /** What is missing, and why; empty where nothing is. */
  readonly unknown: readonly string[];
}

export function depthOf(looks: readonly QueueSample[]): QueueDepth | null {
  if (looks.length === 0) return null;
  const mean = (pick: (look: QueueSample) => number) => looks.reduce((sum, look) => sum + pick(look), 0) / looks.length;
  return {
    samples: looks.length,
    meanBacklog: mean(({ backlog }) => backlog),
    highestBacklog: Math.max(...looks.map(({ backlog }) => backlog)),
    highestAgeMs: Math.max(...looks.map(({ ageMs }) => ageMs)),
    growthPerSecond: growthOf(looks),
    addedPerSecond: mean(({ addedPerSecond }) => addedPerSecond),
    dispatchedPerSecond: mean(({ dispatchedPerSecond }) => dispatchedPerSecond),
  };
}

function growthOf(looks: readonly QueueSample[]): number {
  const growths = looks.slice(2).map(({ backlog, atMs }, i) => {
    const before = looks[i]!;
    return (1000 * (backlog - before.backlog)) / Math.max(1, atMs - before.atMs);
  });
  return Math.max(0, ...growths);
}
