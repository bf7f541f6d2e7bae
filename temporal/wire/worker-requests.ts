import { temporal } from '@temporalio/proto';
import { SDK_NAME, SDK_VERSION } from './endpoint';
import { Encoder, frameOf } from './encode';

const {
  PollWorkflowTaskQueueRequest,
  PollActivityTaskQueueRequest,
  RespondWorkflowTaskCompletedRequest,
  RespondWorkflowTaskFailedRequest,
  RespondActivityTaskCompletedRequest,
  RespondActivityTaskFailedRequest,
  RespondActivityTaskCanceledRequest,
  RecordActivityTaskHeartbeatRequest,
  RespondQueryTaskCompletedRequest,
  GetWorkflowExecutionHistoryRequest,
  ShutdownWorkerRequest,
} = temporal.api.workflowservice.v1;
const { HistoryEventFilterType, TaskQueueKind, TaskQueueType, QueryResultType } = temporal.api.enums.v1;

/** How a worker presents itself to the server. */
export interface WorkerIdentity {
  readonly namespace: string;
  readonly identity: string;
  readonly taskQueue: string;
  readonly stickyQueue: string;
  readonly buildId: string;
  /** A UUID of this worker: the server ends the polls that carry it when the worker shuts down. */
  readonly instanceKey: string;
  /** Whether the server takes build ids in stamps; without it they travel as binary checksums. */
  readonly buildIdBasedVersioning: boolean;
}

/** After this long without a poller of its sticky queue a task goes to the normal queue; the SDK's default. */
const STICKY_SCHEDULE_TO_START = { seconds: 10 as never };

/** The flags of the SDK's core and its name, which the first completion of a run carries. */
const FIRST_METADATA = temporal.api.sdk.v1.WorkflowTaskCompletedMetadata.encode({
  coreUsedFlags: [1, 2, 3],
  sdkName: SDK_NAME,
  sdkVersion: SDK_VERSION,
}).finish();

/** What a workflow task's completion tells beside its commands. */
export interface Completion {
  readonly taskToken: Uint8Array;
  /** Encoded `temporal.api.command.v1.Command`s. */
  readonly commands: readonly Uint8Array[];
  /** Encoded `temporal.api.protocol.v1.Message`s. */
  readonly messages: readonly Uint8Array[];
  /** Whether no earlier completion of this run carried the SDK's name and flags. */
  readonly isFirst: boolean;
  /** Flags of the language SDK that this task used first. */
  readonly langFlags: readonly number[];
  /** Answers to the task's queries, by the query's id. */
  readonly answers?: ReadonlyMap<string, QueryAnswer>;
}

/** What a query returned, as encoded Payloads, or why it failed. */
export type QueryAnswer = { readonly result: Uint8Array } | { readonly error: string };

/** Encodes what a worker sends, as frames for {@link WireConnection.unary}. Constant fields are encoded once. */
export class WorkerRequests {
  readonly pollWorkflowTasks: Buffer;
  readonly pollStickyTasks: Buffer;
  readonly pollActivityTasks: Buffer;
  /** Ends the open polls of this worker. */
  readonly shutdown: Buffer;
  private readonly encoder = new Encoder();
  private readonly tails;

  constructor(worker: WorkerIdentity) {
    const { namespace, identity, taskQueue, stickyQueue, buildId, instanceKey: workerInstanceKey } = worker;
    const { buildIdBasedVersioning: stamped } = worker;
    const normal = { name: taskQueue, kind: TaskQueueKind.TASK_QUEUE_KIND_NORMAL };
    const sticky = { name: stickyQueue, kind: TaskQueueKind.TASK_QUEUE_KIND_STICKY, normalName: taskQueue };
    const workerVersionCapabilities = stamped ? { buildId } : undefined;
    const workerVersionStamp = stamped ? { buildId } : undefined;
    const binaryChecksum = stamped ? '' : buildId;
    const poll = { namespace, identity, workerVersionCapabilities, workerInstanceKey };
    const pollWorkflow = (queue: object) =>
      frameOf(PollWorkflowTaskQueueRequest.encode({ ...poll, binaryChecksum, taskQueue: queue }).finish());
    this.pollWorkflowTasks = pollWorkflow(normal);
    this.pollStickyTasks = pollWorkflow(sticky);
    this.pollActivityTasks = frameOf(PollActivityTaskQueueRequest.encode({ ...poll, taskQueue: normal }).finish());
    this.shutdown = frameOf(
      ShutdownWorkerRequest.encode({
        namespace,
        identity,
        stickyTaskQueue: stickyQueue,
        reason: 'graceful shutdown',
        workerInstanceKey,
        taskQueue,
        taskQueueTypes: [TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY],
      }).finish(),
    );
    const activity = { namespace, identity, workerVersion: workerVersionStamp };
    this.tails = {
      completed: RespondWorkflowTaskCompletedRequest.encode({
        namespace,
        identity,
        binaryChecksum,
        stickyAttributes: { workerTaskQueue: sticky, scheduleToStartTimeout: STICKY_SCHEDULE_TO_START },
        returnNewWorkflowTask: true,
        workerVersionStamp,
        meteringMetadata: {},
        capabilities: { discardSpeculativeWorkflowTaskWithEvents: true },
        workerInstanceKey,
      }).finish(),
      failed: { namespace, identity, binaryChecksum, workerVersion: workerVersionStamp },
      activityCompleted: RespondActivityTaskCompletedRequest.encode(activity).finish(),
      activityFailed: RespondActivityTaskFailedRequest.encode(activity).finish(),
      activityCanceled: RespondActivityTaskCanceledRequest.encode(activity).finish(),
      heartbeat: RecordActivityTaskHeartbeatRequest.encode({ namespace, identity }).finish(),
      query: RespondQueryTaskCompletedRequest.encode({ namespace }).finish(),
      namespace,
    };
  }

  completeWorkflowTask({ taskToken, commands, messages, isFirst, langFlags, answers }: Completion): Buffer {
    const { encoder } = this;
    encoder.begin().bytes(1, taskToken);
    for (const command of commands) encoder.embedded(2, command);
    encoder.raw(this.tails.completed);
    for (const message of messages) encoder.embedded(11, message);
    const metadata = encoder.open(12);
    if (isFirst) encoder.raw(FIRST_METADATA);
    for (const flag of langFlags) encoder.int(2, flag);
    encoder.close(metadata);
    for (const [id, answer] of answers ?? []) {
      const entry = encoder.open(8);
      const result = encoder.string(1, id).open(2);
      encoder.int(1, resultTypeOf(answer));
      if ('result' in answer) encoder.embedded(2, answer.result);
      else encoder.string(3, answer.error);
      encoder.close(result).close(entry);
    }
    return encoder.frame();
  }

  failWorkflowTask(taskToken: Uint8Array, cause: number, message: string): Buffer {
    const failure = { message, source: 'TypeScriptSDK', applicationFailureInfo: {} };
    const request = { ...this.tails.failed, taskToken, cause, failure };
    return frameOf(RespondWorkflowTaskFailedRequest.encode(request).finish());
  }

  /** @param result encoded Payloads */
  completeActivity(taskToken: Uint8Array, result: Uint8Array): Buffer {
    return this.encoder.begin().bytes(1, taskToken).embedded(2, result).raw(this.tails.activityCompleted).frame();
  }

  /** @param failure an encoded `temporal.api.failure.v1.Failure` */
  failActivity(taskToken: Uint8Array, failure: Uint8Array, lastDetails?: Uint8Array): Buffer {
    this.encoder.begin().bytes(1, taskToken).embedded(2, failure);
    if (lastDetails) this.encoder.embedded(5, lastDetails);
    return this.encoder.raw(this.tails.activityFailed).frame();
  }

  cancelActivity(taskToken: Uint8Array): Buffer {
    return this.encoder.begin().bytes(1, taskToken).raw(this.tails.activityCanceled).frame();
  }

  /** @param details encoded Payloads */
  heartbeat(taskToken: Uint8Array, details: Uint8Array): Buffer {
    return this.encoder.begin().bytes(1, taskToken).embedded(2, details).raw(this.tails.heartbeat).frame();
  }

  completeQuery(taskToken: Uint8Array, answer: QueryAnswer): Buffer {
    this.encoder.begin().bytes(1, taskToken).int(2, resultTypeOf(answer));
    if ('result' in answer) this.encoder.embedded(3, answer.result);
    else this.encoder.string(4, answer.error);
    return this.encoder.raw(this.tails.query).frame();
  }

  /** One page of a history, from the beginning if there is no token. */
  history(workflowId: string, runId: string, nextPageToken: Uint8Array = new Uint8Array()): Buffer {
    return this.historyRequest({ execution: { workflowId, runId }, nextPageToken });
  }

  /** The last event of a closed run; of an open one, nothing. */
  closeEvent(workflowId: string, runId: string): Buffer {
    const historyEventFilterType = HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT;
    return this.historyRequest({ execution: { workflowId, runId }, historyEventFilterType });
  }

  private historyRequest(request: temporal.api.workflowservice.v1.IGetWorkflowExecutionHistoryRequest): Buffer {
    const { namespace } = this.tails;
    return frameOf(GetWorkflowExecutionHistoryRequest.encode({ namespace, ...request }).finish());
  }
}

function resultTypeOf(answer: QueryAnswer): number {
  return 'result' in answer ? QueryResultType.QUERY_RESULT_TYPE_ANSWERED : QueryResultType.QUERY_RESULT_TYPE_FAILED;
}
