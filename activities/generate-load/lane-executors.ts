import type { Client } from '@temporalio/client';
import { LeanExecutor, type ExecutorOptions } from '../../executor/executor';
import type { PollerLimits } from '../../executor/pollers';
import type { TargetConnections } from '../../temporal/target-connections';
import type { GenerateLoadInput, RunRef } from '../../orchestrator/activity-types';
import { laneQueueOf } from '../../orchestrator/names';
import { isRunClosed } from '../hosts/run-closed';

/** How often it is checked whether the runs of executors that outlive their lane still exist. */
const CHECK_MS = 15_000;

/**
 * Returns how many polls an executor keeps open per queue. The server allows `frontend.namespaceCount` (default 1200) per
 * frontend, namespace and API, and the executors of two steps may poll the normal and the sticky queue at the same time.
 */
export function pollersOf(lanes: number): PollerLimits {
  const share = (all: number, least: number, most: number) => Math.min(most, Math.max(least, Math.floor(all / lanes)));
  return { min: 2, initial: share(200, 2, 10), max: share(400, 4, 100) };
}

type Run = Pick<RunRef, 'workflowId' | 'runId'>;

export interface LaneExecutorsOptions {
  readonly targets: TargetConnections;
  readonly control: Client;
  readonly identity: string;
  /** The build id that histories carry. */
  readonly buildId: string;
  readonly log: (message: string, fields: Record<string, unknown>) => void;
}

/** The executors of one generator process: one for each lane that it runs, on the lane's own task queue. */
export class LaneExecutors {
  private readonly running = new Set<LeanExecutor>();
  /** Those that outlive their lanes, with their runs. */
  private readonly kept = new Map<LeanExecutor, Run>();
  private timer?: NodeJS.Timeout;

  constructor(private readonly options: LaneExecutorsOptions) {}

  /** Returns the task queue of a lane's workflows. */
  queueOf({ run, step, lane }: Pick<GenerateLoadInput, 'run' | 'step' | 'lane'>): string {
    return laneQueueOf(run.taskQueue, step.name, step.attempt, lane);
  }

  /** Starts the executor of a lane. Rejects if the target cannot be reached. */
  async start(
    input: GenerateLoadInput,
    handlers: Pick<ExecutorOptions, 'onClosed' | 'onRequest' | 'onTask'>,
  ): Promise<LeanExecutor> {
    const { targets, identity, buildId, log } = this.options;
    const { run, step, lane, kinds, connections } = input;
    const executor = await LeanExecutor.start({
      target: targets.resolve(run.targetProfile),
      namespace: run.namespace,
      taskQueue: this.queueOf(input),
      identity: `lean-${lane}/${identity}`,
      buildId,
      pollers: pollersOf(input.lanes),
      activities: kinds.some(({ activities }) => activities),
      connections,
      ...handlers,
      onFailure: (message) => log(message, { step: step.name, lane }),
    });
    this.running.add(executor);
    return executor;
  }

  /** Keeps an executor until its run has closed: workflows of its lane may still be open. */
  keep(executor: LeanExecutor, run: Run): void {
    this.kept.set(executor, run);
    this.timer ??= setInterval(() => void this.stopOrphans(), CHECK_MS).unref();
  }

  /** Stops an executor. Its running tasks finish; the next poller of the queue gets the tasks that it has not taken. */
  async end(executor: LeanExecutor): Promise<void> {
    this.kept.delete(executor);
    await executor.stop();
    this.running.delete(executor);
  }

  /** Stops all. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.running].map((executor) => this.end(executor)));
  }

  private async stopOrphans(): Promise<void> {
    const runs = [...new Map([...this.kept.values()].map((run) => [run.runId, run])).values()];
    const closed = await Promise.all(runs.map((run) => isRunClosed(this.options.control, run).catch(() => false)));
    const ended = new Set(runs.filter((_, i) => closed[i]).map(({ runId }) => runId));
    for (const [executor, { runId }] of this.kept) if (ended.has(runId)) void this.end(executor);
    if (this.kept.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
