import { temporal } from '@temporalio/proto';
import { Encoder } from './encode';

const {
  StartWorkflowExecutionRequest,
  SignalWorkflowExecutionRequest,
  QueryWorkflowRequest,
  GetWorkflowExecutionHistoryRequest,
} = temporal.api.workflowservice.v1;
const {
  HistoryEventFilterType,
  TaskQueueKind,
  WorkflowIdReusePolicy,
  WorkflowIdConflictPolicy,
  UpdateWorkflowExecutionLifecycleStage,
} = temporal.api.enums.v1;

export interface LoadRequestsOptions {
  readonly namespace: string;
  readonly identity: string;
  readonly taskQueue: string;
}

export interface Start {
  readonly workflowId: string;
  readonly requestId: string;
  readonly workflowType: string;
  /** The encoded `temporal.api.common.v1.Payloads`. */
  readonly input: Uint8Array;
}

/** Whom a message goes to. */
export interface Execution {
  readonly workflowId: string;
  readonly runId?: string;
}

/** Encodes what a generator sends, as frames for {@link WireConnection.unary}. Constant fields are encoded once. */
export class LoadRequests {
  private readonly encoder = new Encoder();
  private readonly startTails = new Map<string, Uint8Array>();

  constructor(private readonly options: LoadRequestsOptions) {}

  /** StartWorkflowExecution; a second start of the same id is refused. */
  start(start: Start): Buffer {
    this.encoder.begin();
    this.startFields(start);
    return this.encoder.frame();
  }

  /** ExecuteMultiOperation of a start and an update of the workflow that it starts. */
  updateWithStart(start: Start, name: string, updateId: string): Buffer {
    const { encoder } = this;
    encoder.begin().string(1, this.options.namespace);
    const first = encoder.open(2);
    const startRequest = encoder.open(1);
    this.startFields(start);
    encoder.close(startRequest).close(first);
    const second = encoder.open(2);
    const updateRequest = encoder.open(2);
    this.updateFields(start, name, updateId);
    encoder.close(updateRequest).close(second);
    return encoder.frame();
  }

  /** SignalWorkflowExecution without arguments. */
  signal(to: Execution, signalName: string, requestId: string): Buffer {
    const { namespace, identity } = this.options;
    this.encoder.begin().raw(SignalWorkflowExecutionRequest.encode({ namespace, identity, signalName }).finish());
    this.execution(2, to);
    return this.encoder.string(6, requestId).frame();
  }

  /** UpdateWorkflowExecution without arguments, answered when the update has completed. */
  update(to: Execution, name: string, updateId: string): Buffer {
    this.encoder.begin();
    this.updateFields(to, name, updateId);
    return this.encoder.frame();
  }

  /** QueryWorkflow without arguments. */
  query(to: Execution, queryType: string): Buffer {
    const { namespace } = this.options;
    this.encoder.begin().raw(QueryWorkflowRequest.encode({ namespace, query: { queryType } }).finish());
    this.execution(2, to);
    return this.encoder.frame();
  }

  /**
   * GetWorkflowExecutionHistory that waits for the last event of a run.
   *
   * @param nextPageToken of the answer before, if that did not have the event
   */
  awaitClose(to: Execution, nextPageToken: Uint8Array): Buffer {
    const fixed = {
      namespace: this.options.namespace,
      waitNewEvent: true,
      skipArchival: true,
      historyEventFilterType: HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
    };
    this.encoder.begin().raw(GetWorkflowExecutionHistoryRequest.encode(fixed).finish());
    this.execution(2, to);
    return this.encoder.bytes(4, nextPageToken).frame();
  }

  private startFields({ workflowId, requestId, workflowType, input }: Start): void {
    this.encoder.string(2, workflowId).embedded(5, input).string(10, requestId).raw(this.startTail(workflowType));
  }

  private startTail(workflowType: string): Uint8Array {
    let tail = this.startTails.get(workflowType);
    if (!tail) {
      const { namespace, identity, taskQueue } = this.options;
      tail = StartWorkflowExecutionRequest.encode({
        namespace,
        identity,
        workflowType: { name: workflowType },
        taskQueue: { name: taskQueue, kind: TaskQueueKind.TASK_QUEUE_KIND_NORMAL },
        workflowIdReusePolicy: WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
      }).finish();
      this.startTails.set(workflowType, tail);
    }
    return tail;
  }

  private updateFields(to: Execution, name: string, updateId: string): void {
    const { encoder } = this;
    const { namespace, identity } = this.options;
    encoder.string(1, namespace);
    this.execution(2, to);
    const waitPolicy = encoder.open(4);
    encoder.int(1, UpdateWorkflowExecutionLifecycleStage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED);
    encoder.close(waitPolicy);
    const request = encoder.open(5);
    const meta = encoder.open(1);
    encoder.string(1, updateId).string(2, identity).close(meta);
    const input = encoder.open(2);
    encoder.string(2, name).close(input).close(request);
  }

  private execution(field: number, { workflowId, runId = '' }: Execution): void {
    const mark = this.encoder.open(field);
    this.encoder.string(1, workflowId).string(2, runId).close(mark);
  }
}
