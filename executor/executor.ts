import { randomUUID } from 'node:crypto';
import { temporal } from '@temporalio/proto';
import type { Resolved } from '../temporal/connections';
import type { RequestListener } from '../temporal/timed-calls';
import { WireConnection } from '../temporal/wire/connection';
import { frameOf } from '../temporal/wire/encode';
import { readActivityTask, readWorkflowTask, type ActivityTask, type WorkflowTask } from '../temporal/wire/replies';
import { Fields } from '../temporal/wire/scan';
import { TimedConnection } from '../temporal/wire/timed-connection';
import { WorkerRequests } from '../temporal/wire/worker-requests';
import { describeGrpcError } from '../temporal/grpc-errors';
import { Activities } from './activities';
import { Commands } from './commands';
import { Pollers, type Polled, type PollerLimits } from './pollers';
import { WorkerCalls } from './worker-calls';
import { WorkflowTasks, type Closed } from './workflow-tasks';

const { DescribeNamespaceRequest, DescribeNamespaceResponse, GetSystemInfoRequest, GetSystemInfoResponse } =
  temporal.api.workflowservice.v1;

/** The server answers an empty poll after about a minute. */
const POLL_MS = 70_000;
/** Polls that the server does not end within this time after a shutdown, although it says that it does, are canceled. */
const POLLS_END_WITHIN_MS = 2000;
/** Tasks that are under way get this long to finish. */
const TASKS_END_WITHIN_MS = 10_000;

export interface ExecutorOptions {
  readonly target: Resolved;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly identity: string;
  /** The build id that histories carry. */
  readonly buildId: string;
  /** Whether the workloads have activities on the task queue; without them their queue is not polled. */
  readonly activities: boolean;
  readonly connections?: number;
  readonly pollers?: PollerLimits;
  /** Tasks that are executed at once, apart from activities that wait; while so many are under way, it does not poll. */
  readonly maxTasks?: number;
  readonly maxCachedRuns?: number;
  readonly onClosed: (closed: Closed) => void;
  /** Called for every answered call: its operation, `OK` or the code of its error, and how long it took. */
  readonly onRequest?: RequestListener;
  /** Called for every task that a poll brings, with the time that it waited. Milliseconds. */
  readonly onTask?: (type: 'workflow' | 'activity', scheduleToStartMs: number) => void;
  /** Called with one line for every task that could not be completed. */
  readonly onFailure?: (message: string) => void;
}

/**
 * Executes the built-in workloads by speaking the worker protocol directly. It looks to the server like a worker of the
 * TypeScript SDK, and costs a small part of its CPU time.
 */
export class LeanExecutor {
  private readonly connection: WireConnection;
  private readonly calls: WorkerCalls;
  private readonly giveUp = new AbortController();
  private readonly cancelPolls = new AbortController();
  private pollers: Pollers[] = [];
  private requests?: WorkerRequests;
  private workflowTasks?: WorkflowTasks;
  private activities?: Activities;
  private tasks = 0;
  private stopping = false;
  private stopped?: Promise<void>;
  private serverEndsPolls = false;
  private onIdle: () => void = () => undefined;

  private constructor(private readonly options: ExecutorOptions) {
    this.connection = new WireConnection(options.target, options.namespace, options.connections ?? 1);
    this.calls = new WorkerCalls(new TimedConnection(this.connection, options.onRequest), this.giveUp.signal);
  }

  /** Connects and begins to poll. Rejects if the server cannot be reached. */
  static async start(options: ExecutorOptions): Promise<LeanExecutor> {
    const executor = new LeanExecutor(options);
    try {
      await executor.begin();
      return executor;
    } catch (err) {
      await executor.connection.close();
      throw err;
    }
  }

  /** Tasks that are under way. */
  get active(): number {
    return this.tasks;
  }

  /** Forgets all runs, as a worker does that has no room for them. */
  forgetRuns(): void {
    this.workflowTasks?.forget();
  }

  /**
   * Stops: open polls end, by the server if it can, so that it gives no task to a poller that has gone; tasks that are
   * under way finish; activities that take longer go back to the server.
   */
  async stop(): Promise<void> {
    await (this.stopped ??= this.end());
  }

  private async end(): Promise<void> {
    this.stopping = true;
    const polls = Promise.all(this.pollers.map((pollers) => pollers.stop()));
    await this.calls.once('ShutdownWorker', this.requests!.shutdown).catch(() => undefined);
    const late = setTimeout(() => this.cancelPolls.abort(), this.serverEndsPolls ? POLLS_END_WITHIN_MS : 0);
    await polls;
    clearTimeout(late);
    this.activities!.stop();
    const tooLate = setTimeout(() => this.giveUp.abort(), TASKS_END_WITHIN_MS);
    if (this.tasks > 0) await new Promise<void>((resolve) => (this.onIdle = resolve));
    clearTimeout(tooLate);
    await this.connection.close();
  }

  private async begin(): Promise<void> {
    const { namespace, taskQueue, identity, buildId, onClosed } = this.options;
    const system = await this.calls.once('GetSystemInfo', frameOf(GetSystemInfoRequest.encode({}).finish()));
    const { capabilities } = GetSystemInfoResponse.decode(system);
    const ask = frameOf(DescribeNamespaceRequest.encode({ namespace }).finish());
    const described = DescribeNamespaceResponse.decode(await this.calls.once('DescribeNamespace', ask));
    this.serverEndsPolls = described.namespaceInfo?.capabilities?.workerPollCompleteOnShutdown ?? false;
    const requests = new WorkerRequests({
      namespace,
      identity,
      taskQueue,
      stickyQueue: `${identity}-${randomUUID().replaceAll('-', '')}`,
      buildId,
      instanceKey: randomUUID(),
      buildIdBasedVersioning: capabilities?.buildIdBasedVersioning ?? false,
    });
    const { calls } = this;
    this.requests = requests;
    this.activities = new Activities(calls, requests);
    this.workflowTasks = new WorkflowTasks({
      calls,
      requests,
      commands: new Commands(namespace, taskQueue),
      maxCachedRuns: this.options.maxCachedRuns ?? 50_000,
      onClosed,
      onActivities: (tasks) => tasks.forEach((task) => this.executeActivity(task)),
      onFailure: (message) => this.options.onFailure?.(message),
    });
    this.pollWorkflows(requests.pollWorkflowTasks);
    this.pollWorkflows(requests.pollStickyTasks);
    if (this.options.activities) this.pollActivities(requests.pollActivityTasks);
  }

  private pollWorkflows(frame: Buffer): void {
    this.keepPolling('PollWorkflowTaskQueue', frame, (reply) => {
      const task = readWorkflowTask(new Fields(reply));
      const empty = task.taskToken.length === 0;
      if (!empty) {
        this.options.onTask?.('workflow', task.startedAtMs - task.scheduledAtMs);
        this.executeWorkflow(task);
      }
      return { empty, delta: task.pollersDelta };
    });
  }

  private pollActivities(frame: Buffer): void {
    this.keepPolling('PollActivityTaskQueue', frame, (reply) => {
      const task = readActivityTask(new Fields(reply));
      const empty = task.taskToken.length === 0;
      if (!empty) {
        this.options.onTask?.('activity', task.startedAtMs - task.scheduledAtMs);
        this.executeActivity(task);
      }
      return { empty, delta: task.pollersDelta };
    });
  }

  private keepPolling(method: string, frame: Buffer, take: (reply: Buffer) => Polled): void {
    const { maxTasks = 1000, pollers: limits = { min: 2, initial: 10, max: 100 } } = this.options;
    const { signal } = this.cancelPolls;
    const pollers = new Pollers(
      limits,
      async () => take(await this.calls.once(method, frame, POLL_MS, signal)),
      () => this.tasks - this.activities!.waitingCount < maxTasks,
    );
    this.pollers.push(pollers);
    pollers.wake();
  }

  private executeWorkflow(task: WorkflowTask): void {
    this.begun();
    void this.workflowTasks!.execute(task).then(() => this.ended());
  }

  private executeActivity(task: ActivityTask): void {
    this.begun();
    this.activities!.execute(task).then(
      () => this.ended(),
      (err: unknown) => {
        this.ended();
        this.options.onFailure?.(`activity ${task.activityType} of ${task.workflowId}: ${describeGrpcError(err)}`);
      },
    );
  }

  private begun(): void {
    this.tasks += 1;
  }

  private ended(): void {
    this.tasks -= 1;
    if (this.tasks === 0) this.onIdle();
    if (!this.stopping) for (const pollers of this.pollers) pollers.wake();
  }
}
