import { temporal } from '@temporalio/proto';
import type { LimitSetBy, QueueSample, QueueType } from '../../measurement/server/target';
import type { RunRef, StepQueues } from '../../orchestrator/activity-types';
import type { TargetConnections } from '../../temporal/target-connections';

const { TaskQueueType, RateLimitSource } = temporal.api.enums.v1;
const TYPES = {
  workflow: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  activity: TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
} as const;

/** Who has set the rate limit of a queue; the default of the server is none. */
const SET_BY: Readonly<Partial<Record<number, LimitSetBy>>> = {
  [RateLimitSource.RATE_LIMIT_SOURCE_API]: 'user',
  [RateLimitSource.RATE_LIMIT_SOURCE_WORKER]: 'worker',
};

const TIMEOUT_MS = 4000;
/** Of many queues, one per lane with equal shares of the load, so many are asked about at a time, in turn. */
const MAX_ASKED = 4;

/** The statistics of a step's task queues, which the server refreshes about every 5 s. */
export class QueueSampler {
  private turn = 0;

  constructor(
    private readonly targets: TargetConnections,
    private readonly run: Pick<RunRef, 'targetProfile' | 'clusterId' | 'namespace' | 'taskQueue'>,
    private readonly queues: StepQueues = { names: [run.taskQueue], types: ['workflow', 'activity'] },
  ) {}

  get types(): readonly QueueType[] {
    return this.queues.types;
  }

  /** Returns the sum over the queues of one type; undefined if the server has no statistics or does not answer. */
  async sample(type: QueueType): Promise<QueueSample | undefined> {
    const { names } = this.queues;
    const count = Math.min(MAX_ASKED, names.length);
    const asked = Array.from({ length: count }, (_, i) => names[(this.turn + i) % names.length]!);
    this.turn = (this.turn + count) % names.length;
    try {
      return sumOf(await Promise.all(asked.map((name) => this.ask(name, type))), names.length);
    } catch {
      return undefined;
    }
  }

  private async ask(name: string, type: QueueType): Promise<QueueSample | undefined> {
    const connection = await this.targets.get(this.run);
    const { stats, effectiveRateLimit: limit } = await connection.withDeadline(Date.now() + TIMEOUT_MS, () =>
      connection.workflowService.describeTaskQueue({
        namespace: this.run.namespace,
        taskQueue: { name },
        taskQueueType: TYPES[type],
        reportStats: true,
        reportConfig: true,
      }),
    );
    if (!stats) return undefined;
    // The server leaves out fields that are zero.
    const limitSetBy = SET_BY[limit?.rateLimitSource ?? RateLimitSource.RATE_LIMIT_SOURCE_UNSPECIFIED];
    const { seconds, nanos } = stats.approximateBacklogAge ?? {};
    return {
      atMs: Date.now(),
      backlog: Number(stats.approximateBacklogCount ?? 0),
      ageMs: Number(seconds ?? 0) * 1000 + (nanos ?? 0) / 1e6,
      addedPerSecond: stats.tasksAddRate ?? 0,
      dispatchedPerSecond: stats.tasksDispatchRate ?? 0,
      ...(limitSetBy ? { limitPerSecond: limit!.requestsPerSecond ?? 0, limitSetBy } : {}),
    };
  }
}

/** Returns the sum over all queues, extrapolated from those that were asked about; undefined without any statistics. */
export function sumOf(asked: readonly (QueueSample | undefined)[], queues: number): QueueSample | undefined {
  const known = asked.filter((sample) => sample !== undefined);
  if (known.length === 0) return undefined;
  const sum = (pick: (sample: QueueSample) => number) =>
    (known.reduce((all, sample) => all + pick(sample), 0) * queues) / known.length;
  // If a queue has no limit, their sum has none.
  const isLimited = known.every(({ limitPerSecond }) => limitPerSecond !== undefined);
  return {
    atMs: known[0]!.atMs,
    backlog: Math.round(sum(({ backlog }) => backlog)),
    ageMs: Math.max(...known.map(({ ageMs }) => ageMs)),
    addedPerSecond: sum(({ addedPerSecond }) => addedPerSecond),
    dispatchedPerSecond: sum(({ dispatchedPerSecond }) => dispatchedPerSecond),
    ...(isLimited
      ? { limitPerSecond: sum(({ limitPerSecond = 0 }) => limitPerSecond), limitSetBy: known[0]!.limitSetBy! }
      : {}),
  };
}
