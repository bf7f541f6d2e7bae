import { status } from '@grpc/grpc-js';
import { temporal } from '@temporalio/proto';
import { STATE } from '../load-workflows/message-names';
import { describeGrpcError, grpcCode } from '../temporal/grpc-errors';
import { eventsOf, readHistoryPage } from '../temporal/wire/history-events';
import { readCompleted, type ActivityTask, type WorkflowTask } from '../temporal/wire/replies';
import { Fields } from '../temporal/wire/scan';
import type { QueryAnswer, WorkerRequests } from '../temporal/wire/worker-requests';
import type { Commands } from './commands';
import { RunHistory } from './history';
import { encodePayloads } from './payloads';
import { decide, programs, type Closing, type Program } from './programs';
import { answerUpdates } from './updates';
import type { WorkerCalls } from './worker-calls';

/** A workflow task is given again after this long, the server's default; a completion that is later is refused. */
const TASK_TIMEOUT_MS = 10_000;
/** `ProcessWorkflowActivationJobsAsSingleBatch`, which the TypeScript SDK records when signals come. */
const SIGNAL_FLAG = 2;
/** `WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE`. */
const UNHANDLED_FAILURE = 4;

const { EventType } = temporal.api.enums.v1;
const CLOSE_EVENTS: Readonly<Record<Closing, number>> = {
  completed: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
  failed: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
  canceled: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
  continued: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
};

/** A run that this executor has closed, when the server acknowledged it. */
export interface Closed {
  readonly workflowId: string;
  readonly status: Exclude<Closing, 'continued'>;
  /** From its start on the server's clock to the acknowledgment on this one, milliseconds. */
  readonly endToEndMs: number;
}

export interface WorkflowTasksOptions {
  readonly calls: WorkerCalls;
  readonly requests: WorkerRequests;
  readonly commands: Commands;
  /** Runs whose histories are remembered; the one that was used longest ago is forgotten first. */
  readonly maxCachedRuns: number;
  readonly onClosed: (closed: Closed) => void;
  /** Takes the activities that came with the answer to a completed task. */
  readonly onActivities: (tasks: readonly ActivityTask[]) => void;
  /** Told of a task that could not be completed, in one line. */
  readonly onFailure: (message: string) => void;
}

/** Executes workflow tasks: brings the run's history up to date, decides, and completes the task. */
export class WorkflowTasks {
  private readonly runs = new Map<string, RunHistory>();

  constructor(private readonly options: WorkflowTasksOptions) {}

  /** Executes a task, and those that come with its answer. Never rejects. */
  async execute(first: WorkflowTask): Promise<void> {
    for (let task: WorkflowTask | undefined = first; task;) {
      const { workflowId, runId }: WorkflowTask = task;
      try {
        task = await this.executeOne(task);
      } catch (err) {
        // The server gives the task again, or has closed the run.
        this.runs.delete(runId);
        this.options.onFailure(`workflow task of ${workflowId}: ${describeGrpcError(err)}`);
        return;
      }
    }
  }

  /** Forgets every run: the next task of each needs its whole history. */
  forget(): void {
    this.runs.clear();
  }

  private async executeOne(task: WorkflowTask): Promise<WorkflowTask | undefined> {
    const run = this.historyAtHand(task) ?? (await this.historyOf(task));
    const program = programs[task.workflowType];
    if (task.query !== undefined) return await this.answerQuery(task, run);
    if (!program) return await this.fail(task);
    return await this.complete(task, run, program);
  }

  private async complete(task: WorkflowTask, run: RunHistory, program: Program): Promise<WorkflowTask | undefined> {
    const { requests, commands } = this.options;
    const updates = answerUpdates(task.workflowType, run, task.messages, commands);
    const { commands: decided, closes } = decide(program, run, commands);
    const frame = requests.completeWorkflowTask({
      taskToken: task.taskToken,
      commands: updates.commands.length === 0 ? decided : [...updates.commands, ...decided],
      messages: updates.messages,
      isFirst: !run.hasMetadata,
      langFlags: run.newSignals && !run.langFlags.has(SIGNAL_FLAG) ? [SIGNAL_FLAG] : [],
      answers: new Map([...task.queries].map(([id, type]) => [id, answerTo(type, task, run)])),
    });
    const { next, activities } = await this.respond(frame, task, run, closes);
    // A task that only rejected updates leaves no events: the server gives their ids to others.
    const leavesNothing = updates.messages.length > 0 && updates.commands.length === 0;
    if (closes || leavesNothing) this.runs.delete(task.runId);
    if (activities.length > 0) this.options.onActivities(activities);
    return next && next.taskToken.length > 0 ? next : undefined;
  }

  private async respond(frame: Buffer, task: WorkflowTask, run: RunHistory, closes: Closing | undefined) {
    let isUndecided = false;
    try {
      const reply = await this.options.calls.repeat('RespondWorkflowTaskCompleted', frame, TASK_TIMEOUT_MS, () => {
        isUndecided = true;
      });
      this.report(task, run, closes);
      return readCompleted(new Fields(reply));
    } catch (err) {
      // An attempt without an answer may have closed the run, so that a later one did not find the task.
      const isGone = isUndecided && grpcCode(err) === status.NOT_FOUND;
      if (!isGone || closes === undefined || !(await this.hasClosed(task, closes))) throw err;
      this.report(task, run, closes);
      return { activities: [] };
    }
  }

  private report({ workflowId }: WorkflowTask, { startedAtMs }: RunHistory, closes: Closing | undefined): void {
    if (closes && closes !== 'continued')
      this.options.onClosed({ workflowId, status: closes, endToEndMs: Date.now() - startedAtMs });
  }

  private async hasClosed({ workflowId, runId }: WorkflowTask, closes: Closing): Promise<boolean> {
    const { calls, requests } = this.options;
    const frame = requests.closeEvent(workflowId, runId);
    const reply = await calls.repeat('GetWorkflowExecutionHistory', frame, TASK_TIMEOUT_MS);
    const [event] = eventsOf(readHistoryPage(new Fields(reply)).history);
    return event?.type === CLOSE_EVENTS[closes];
  }

  private async answerQuery(task: WorkflowTask, run: RunHistory): Promise<undefined> {
    const { calls, requests } = this.options;
    const frame = requests.completeQuery(task.taskToken, answerTo(task.query ?? '', task, run));
    await calls.repeat('RespondQueryTaskCompleted', frame, TASK_TIMEOUT_MS);
  }

  private async fail({ taskToken, workflowType, runId }: WorkflowTask): Promise<undefined> {
    const { calls, requests } = this.options;
    this.runs.delete(runId);
    const message = `Failed to initialize workflow of type '${workflowType}': no such function is exported by the workflow bundle`;
    const frame = requests.failWorkflowTask(taskToken, UNHANDLED_FAILURE, message);
    await calls.repeat('RespondWorkflowTaskFailed', frame, TASK_TIMEOUT_MS);
  }

  /** The run's history up to this task, if no call is needed to have all of it. */
  private historyAtHand(task: WorkflowTask): RunHistory | undefined {
    if (task.nextPageToken.length > 0 || task.history.length === 0) return undefined;
    const run = this.runs.get(task.runId) ?? new RunHistory();
    return run.append(task.history) ? this.remember(task, run) : undefined;
  }

  /** The run's history up to this task: what is remembered and what is new, or all of it. */
  private async historyOf(task: WorkflowTask): Promise<RunHistory> {
    const known = this.runs.get(task.runId);
    const run = known?.append(task.history) ? known : await this.rebuild(task);
    if (run === known) await this.appendPages(run, task, task.nextPageToken);
    return this.remember(task, run);
  }

  private async rebuild(task: WorkflowTask): Promise<RunHistory> {
    const run = new RunHistory();
    const isWhole = task.history.length > 0 && run.append(task.history);
    if (!isWhole) await this.appendPages(run, task, undefined);
    else await this.appendPages(run, task, task.nextPageToken);
    return run;
  }

  /** @param token of the page to begin with; undefined for the first page */
  private async appendPages(run: RunHistory, task: WorkflowTask, token: Buffer | undefined): Promise<void> {
    const { calls, requests } = this.options;
    for (let next = token; next === undefined || next.length > 0;) {
      const frame = requests.history(task.workflowId, task.runId, next);
      const page = readHistoryPage(
        new Fields(await calls.repeat('GetWorkflowExecutionHistory', frame, TASK_TIMEOUT_MS)),
      );
      if (!run.append(page.history)) throw new Error('a page of its history does not follow the one before');
      next = page.nextPageToken;
    }
  }

  /** Remembers a run as the one used last. */
  private remember({ runId, query, startedEventId }: WorkflowTask, run: RunHistory): RunHistory {
    // Events of a task that exists for an update only are not in the history that a rebuild reads.
    if (query === undefined) run.lastEventId = Math.max(run.lastEventId, startedEventId);
    this.runs.delete(runId);
    this.runs.set(runId, run);
    while (this.runs.size > this.options.maxCachedRuns) this.runs.delete(this.runs.keys().next().value!);
    return run;
  }
}

/** The answer to a query, or why there is none. */
function answerTo(queryType: string, { workflowType }: WorkflowTask, run: RunHistory): QueryAnswer {
  if (workflowType === 'queried' && queryType === STATE) return { result: encodePayloads(run.signals) };
  const known = workflowType === 'queried' ? STATE : '';
  return { error: `Workflow did not register a handler for ${queryType}. Registered queries: [${known}]` };
}
