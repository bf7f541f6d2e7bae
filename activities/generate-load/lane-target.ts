import type { LeanExecutor } from '../../executor/executor';
import type { GenerateLoadInput } from '../../orchestrator/activity-types';
import { OBSERVER_LIMIT } from '../../orchestrator/plan';
import type { TargetConnections } from '../../temporal/target-connections';
import type { RequestListener } from '../../temporal/timed-calls';
import { clusterIdOver } from '../../temporal/wire/cluster-id';
import { WireConnection } from '../../temporal/wire/connection';
import type { LaneExecutors } from './lane-executors';
import type { LaneObserver } from './lane-observer';
import { OwnCloses } from './own-closes';
import { targetCalls, type TargetCalls } from './target-calls';

/** A workflow that is open for longer than this, beside what it waits for by design, is asked about. */
const STRAGGLER_MS = 30_000;
const STRAGGLER_CHECK_MS = 5000;

export interface LaneTargetDeps {
  readonly targets: TargetConnections;
  readonly identity: string;
  readonly executors: LaneExecutors;
}

/** What a lane has on the target: its calls and, unless other workers do it, the execution of its workflows. */
export class LaneTarget {
  /** Long polls that were repeated after an error. */
  retries = 0;
  /** Whether workflows of the lane may be open when it ends. Their execution then continues until the run has closed. */
  mayHaveOpenWorkflows = false;
  private executor?: LeanExecutor;
  private timer?: NodeJS.Timeout;

  private constructor(
    private readonly deps: LaneTargetDeps,
    private readonly input: GenerateLoadInput,
    private readonly connection: WireConnection,
    readonly calls: TargetCalls,
  ) {}

  /** Rejects if the target cannot be reached, or is not the run's. */
  static async open(deps: LaneTargetDeps, input: GenerateLoadInput, observer: LaneObserver): Promise<LaneTarget> {
    const { targetProfile, namespace, taskQueue } = input.run;
    const connection = new WireConnection(deps.targets.resolve(targetProfile), namespace, input.connections);
    const isLean = input.executor === 'lean';
    const queue = isLean ? deps.executors.queueOf(input) : taskQueue;
    const onRequest: RequestListener = (...request) => observer.requested(...request);
    const onRetry = () => (lane.retries += 1);
    const calls = targetCalls(connection, { input, taskQueue: queue, identity: deps.identity, onRetry, onRequest });
    const closes = isLean ? new OwnCloses(stragglersOf(input)) : undefined;
    const lane = new LaneTarget(deps, input, connection, closes?.observing(calls) ?? calls);
    try {
      await deps.targets.requireCluster(input.run, () => clusterIdOver(connection));
      if (closes) await lane.execute(closes, observer);
      return lane;
    } catch (err) {
      lane.close();
      throw err;
    }
  }

  /** Ends the execution of workflows: another process takes it over. */
  stopExecuting(): void {
    if (this.executor) void this.deps.executors.end(this.executor);
    this.executor = undefined;
  }

  /** Closes the connection, and ends the execution or leaves it to the process. */
  close(): void {
    clearInterval(this.timer);
    void this.connection.close();
    if (this.executor && this.mayHaveOpenWorkflows) this.deps.executors.keep(this.executor, this.input.run);
    else this.stopExecuting();
  }

  private async execute(closes: OwnCloses, observer: LaneObserver): Promise<void> {
    const { executors } = this.deps;
    this.executor = await executors.start(this.input, {
      onClosed(closed) {
        closes.take(closed);
        observer.executed(closed.endToEndMs);
      },
      onRequest: (...request) => observer.requested(...request),
      onTask: (type, waitedMs) => observer.taskTaken(type, waitedMs),
    });
    this.timer = setInterval(() => closes.askAboutStragglers(), STRAGGLER_CHECK_MS).unref();
  }
}

function stragglersOf({ kinds, lanes, completionTimeoutMs }: GenerateLoadInput) {
  const waitingMs = Math.max(...kinds.map((kind) => kind.waitingMs));
  const patienceMs = Math.min(STRAGGLER_MS, (completionTimeoutMs - waitingMs) / 2);
  return { afterMs: waitingMs + patienceMs, atOnce: Math.max(1, Math.floor(OBSERVER_LIMIT / lanes)) };
}
