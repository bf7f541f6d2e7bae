import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { status } from '@grpc/grpc-js';
import { kindAt } from '../../load-workflows/kinds';
import type { GenerateLoadInput } from '../../orchestrator/activity-types';
import { START_DEADLINE_MS } from '../../orchestrator/plan';
import { sendMessages, firstUpdate } from './send-messages';
import { grpcCode } from '../../temporal/grpc-errors';
import { TimedCalls, type RequestListener } from '../../temporal/timed-calls';
import { arrivalInput } from './arrival-input';

/** The calls of a generator to the target. It is an interface so that tests can replace the target. */
export interface TargetCalls {
  /** Starts one workflow. Rejects with the gRPC error of the call; nothing is retried. */
  start(workflowId: string, sequence: number): Promise<{ readonly runId: string }>;
  /** Sends a workflow the messages that it waits for, if any. */
  sendMessages(workflowId: string, runId: string, sequence: number): Promise<void>;
  /** Waits for a workflow to close and returns how; undefined once `isTimedOut` returns true or after too many errors. */
  awaitClose(workflowId: string, runId: string, isTimedOut: () => boolean): Promise<CloseStatus | undefined>;
  /** Runs the code paths of a start without starting a workflow, because the first calls are 3–6 times slower. */
  warmUp(): Promise<void>;
}

export type CloseStatus = 'completed' | 'failed' | 'canceled' | 'terminated' | 'timedOut';

export interface TargetOptions {
  readonly input: GenerateLoadInput;
  readonly identity: string;
  /** Called when a long poll is repeated after an error. */
  readonly onRetry: () => void;
  /** Called when a call ends: its operation, `OK` or its gRPC error code, and its duration. */
  readonly onRequest?: RequestListener;
}

const { WorkflowIdReusePolicy, WorkflowIdConflictPolicy, TaskQueueKind, HistoryEventFilterType } =
  temporal.api.enums.v1;

/** Consecutive errors after which a completion is no longer observed and the sample is lost. */
const MAX_OBSERVER_ERRORS = 10;
const WARM_UP_CALLS = 100;
const WARM_UP_CONCURRENCY = 5;
/** The warm-up ends after this time, even if the target is far away and fewer calls fit: the lane must not be late. */
const WARM_UP_MS = 800;

/**
 * Returns the calls of one lane.
 *
 * @param connections the calls are spread over these; the start and the messages of an arrival use the same connection
 */
export function targetCalls(connections: readonly Connection[], options: TargetOptions): TargetCalls {
  const { input, identity, onRequest } = options;
  const { namespace, taskQueue } = input.run;
  const kinds = input.kinds.map((kind) => ({ ...kind, payloads: arrivalInput(kind, input) }));
  const kindOf = (sequence: number) => kinds[kindAt(kinds, input.lane, sequence)]!;
  const callsOf = (sequence: number) => new TimedCalls(connections[sequence % connections.length]!, onRequest);
  let polls = 0;
  const startRequest = (workflowId: string, sequence: number) => {
    const { workflowType, payloads } = kindOf(sequence);
    return {
      namespace,
      workflowId,
      requestId: randomUUID(),
      identity,
      workflowType: { name: workflowType },
      input: payloads(workflowId, sequence),
      taskQueue: { name: taskQueue, kind: TaskQueueKind.TASK_QUEUE_KIND_NORMAL },
      workflowIdReusePolicy: WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
    };
  };

  return {
    async start(workflowId, sequence) {
      const startWorkflow = startRequest(workflowId, sequence);
      const calls = callsOf(sequence);
      if (kindOf(sequence).messages?.kind !== 'update-with-start') {
        const { runId } = await calls.call('StartWorkflowExecution', START_DEADLINE_MS, (service) =>
          service.startWorkflowExecution(startWorkflow),
        );
        return { runId };
      }
      const operations = [{ startWorkflow }, { updateWorkflow: firstUpdate({ namespace, identity }, workflowId) }];
      const { responses } = await calls.call('ExecuteMultiOperation', START_DEADLINE_MS, (service) =>
        service.executeMultiOperation({ namespace, operations }),
      );
      return { runId: responses[0]?.startWorkflow?.runId ?? '' };
    },

    async sendMessages(workflowId, runId, sequence) {
      const { messages } = kindOf(sequence);
      if (messages) await sendMessages(callsOf(sequence), { namespace, identity, messages }, { workflowId, runId });
    },

    async awaitClose(workflowId, runId, isTimedOut) {
      let nextPageToken: Uint8Array = new Uint8Array();
      let execution = { workflowId, runId };
      const calls = callsOf(polls++);
      for (let errors = 0; errors < MAX_OBSERVER_ERRORS && !isTimedOut();) {
        try {
          const reply = await calls.call('GetWorkflowExecutionHistory', 70_000, (service) =>
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
          const next = nextRunId(event);
          if (next === undefined) return closeStatus(event);
          execution = { workflowId, runId: next };
          nextPageToken = new Uint8Array();
        } catch (err) {
          if (grpcCode(err) === status.NOT_FOUND) return undefined;
          errors += 1;
          options.onRetry();
          await sleep(100 * errors);
        }
      }
      return undefined;
    },

    async warmUp() {
      const { StartWorkflowExecutionRequest } = temporal.api.workflowservice.v1;
      const endAt = Date.now() + WARM_UP_MS;
      for (let i = 0; i < WARM_UP_CALLS; i += 1)
        StartWorkflowExecutionRequest.encode(startRequest(`warm-up/${i}`, i)).finish();
      for (let i = 0; i < WARM_UP_CALLS && Date.now() < endAt; i += WARM_UP_CONCURRENCY) {
        const call = (_: unknown, offset: number) =>
          callsOf(i + offset).call('GetSystemInfo', START_DEADLINE_MS, (service) => service.getSystemInfo({}));
        await Promise.all(Array.from({ length: WARM_UP_CONCURRENCY }, call));
      }
    },
  };
}

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** Returns the id of the run that follows a closed run, which continued as new or is retried; undefined without one. */
function nextRunId(event: HistoryEvent): string | undefined {
  return (
    event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ||
    event.workflowExecutionCompletedEventAttributes?.newExecutionRunId ||
    event.workflowExecutionFailedEventAttributes?.newExecutionRunId ||
    event.workflowExecutionTimedOutEventAttributes?.newExecutionRunId ||
    undefined
  );
}

function closeStatus(event: HistoryEvent): CloseStatus {
  if (event.workflowExecutionCompletedEventAttributes) return 'completed';
  if (event.workflowExecutionCanceledEventAttributes) return 'canceled';
  if (event.workflowExecutionTerminatedEventAttributes) return 'terminated';
  if (event.workflowExecutionTimedOutEventAttributes) return 'timedOut';
  return 'failed';
}
