import { randomUUID } from 'node:crypto';
import type { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { status } from '@grpc/grpc-js';
import type { Messages } from '../../load-workflows/catalog';
import { START_DEADLINE_MS } from '../../orchestrator/plan';
import { grpcCode } from '../grpc-errors';
import type { ArrivalInput } from './arrival-input';
import { converse, updateRequest } from './converse';

/** What a generator asks of the target; a port, so that a test can stand in for a cluster. */
export interface TargetCalls {
  /** Starts one workflow; rejects with the gRPC error as it came, nothing is retried. */
  start(workflowId: string, sequence: number): Promise<{ readonly runId: string }>;
  /** Sends a workflow the messages it waits for; absent where it waits for none. */
  converse?(workflowId: string, runId: string): Promise<void>;
  /** Waits for a workflow to close; undefined once `isOver` says so or after too many errors. */
  closed(workflowId: string, runId: string, isOver: () => boolean): Promise<Closed | undefined>;
  /** Exercises the code paths of a start without starting anything: cold code is 3–6 times as slow. */
  warmUp(): Promise<void>;
}

export type Closed = 'completed' | 'failed' | 'canceled' | 'terminated' | 'timedOut';

export interface TargetOptions {
  readonly namespace: string;
  readonly taskQueue: string;
  readonly workflowType: string;
  readonly input: ArrivalInput;
  readonly messages?: Messages;
  readonly identity: string;
  /** Told of every long poll that had to be repeated after an error. */
  readonly onRetry: () => void;
}

const { WorkflowIdReusePolicy, WorkflowIdConflictPolicy, TaskQueueKind, HistoryEventFilterType } =
  temporal.api.enums.v1;

/** Errors in a row after which a completion is given up as a lost sample. */
const MAX_OBSERVER_ERRORS = 10;
const WARM_UP_CALLS = 100;
const WARM_UP_AT_ONCE = 5;
/** Far away, fewer calls have to do: a lane that warms up too long is late. */
const WARM_UP_MS = 800;

export function targetCalls(connection: Connection, options: TargetOptions): TargetCalls {
  const { namespace, taskQueue, workflowType, identity, input, messages } = options;
  const service = connection.workflowService;
  const startRequest = (workflowId: string, sequence: number) => ({
    namespace,
    workflowId,
    requestId: randomUUID(),
    identity,
    workflowType: { name: workflowType },
    input: input(workflowId, sequence),
    taskQueue: { name: taskQueue, kind: TaskQueueKind.TASK_QUEUE_KIND_NORMAL },
    workflowIdReusePolicy: WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
  });

  /** Starts a workflow and updates it in one call, which is answered when the update is. */
  const startWithUpdate = async (startWorkflow: ReturnType<typeof startRequest>) => {
    const about = { namespace, identity, messages: messages! };
    const updateWorkflow = updateRequest(about, { workflowId: startWorkflow.workflowId });
    const { responses } = await service.executeMultiOperation({
      namespace,
      operations: [{ startWorkflow }, { updateWorkflow }],
    });
    return { runId: responses[0]?.startWorkflow?.runId ?? '' };
  };

  return {
    async start(workflowId, sequence) {
      const startWorkflow = startRequest(workflowId, sequence);
      const withUpdate = messages?.kind === 'update-with-start';
      const { runId } = await connection.withDeadline(Date.now() + START_DEADLINE_MS, async () =>
        withUpdate ? await startWithUpdate(startWorkflow) : await service.startWorkflowExecution(startWorkflow),
      );
      return { runId };
    },

    ...(messages
      ? {
          converse: async (workflowId: string, runId: string) =>
            await converse(connection, { namespace, identity, messages }, { workflowId, runId }),
        }
      : {}),

    async closed(workflowId, runId, isOver) {
      let nextPageToken: Uint8Array = new Uint8Array();
      let execution = { workflowId, runId };
      for (let errors = 0; errors < MAX_OBSERVER_ERRORS && !isOver();) {
        try {
          const reply = await connection.withDeadline(Date.now() + 70_000, () =>
            service.getWorkflowExecutionHistory({
              namespace,
              execution,
              nextPageToken,
              waitNewEvent: true,
              skipArchival: true,
              historyEventFilterType: HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
            }),
          );
          errors = 0;
          nextPageToken = reply.nextPageToken ?? new Uint8Array();
          const event = reply.history?.events?.[0];
          if (!event) continue;
          const next = successor(event);
          if (next === undefined) return closeStatus(event);
          execution = { workflowId, runId: next };
          nextPageToken = new Uint8Array();
        } catch (err) {
          if (grpcCode(err) === status.NOT_FOUND) return undefined;
          errors += 1;
          options.onRetry();
          await new Promise((resolve) => setTimeout(resolve, 100 * errors));
        }
      }
      return undefined;
    },

    async warmUp() {
      const { StartWorkflowExecutionRequest } = temporal.api.workflowservice.v1;
      const giveUpAt = Date.now() + WARM_UP_MS;
      for (let i = 0; i < WARM_UP_CALLS; i += 1)
        StartWorkflowExecutionRequest.encode(startRequest(`warm-up/${i}`, i)).finish();
      for (let i = 0; i < WARM_UP_CALLS && Date.now() < giveUpAt; i += WARM_UP_AT_ONCE) {
        const call = () => connection.withDeadline(Date.now() + START_DEADLINE_MS, () => service.getSystemInfo({}));
        await Promise.all(Array.from({ length: WARM_UP_AT_ONCE }, call));
      }
    },
  };
}

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** The run a closed one went on as: continued as new, or retried by its policy. */
function successor(event: HistoryEvent): string | undefined {
  return (
    event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ||
    event.workflowExecutionCompletedEventAttributes?.newExecutionRunId ||
    event.workflowExecutionFailedEventAttributes?.newExecutionRunId ||
    event.workflowExecutionTimedOutEventAttributes?.newExecutionRunId ||
    undefined
  );
}

function closeStatus(event: HistoryEvent): Closed {
  if (event.workflowExecutionCompletedEventAttributes) return 'completed';
  if (event.workflowExecutionCanceledEventAttributes) return 'canceled';
  if (event.workflowExecutionTerminatedEventAttributes) return 'terminated';
  if (event.workflowExecutionTimedOutEventAttributes) return 'timedOut';
  return 'failed';
}
