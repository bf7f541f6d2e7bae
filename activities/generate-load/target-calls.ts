import { randomUUID } from 'node:crypto';
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

/** What a generator asks of the target; a port, so that a test can stand in for a cluster. */
export interface TargetCalls {
  /** Starts one workflow; rejects with the gRPC error as it came, nothing is retried. */
  start(workflowId: string, sequence: number): Promise<{ readonly runId: string }>;
  /** Sends a workflow the messages it waits for; nothing where it waits for none. */
  sendMessages(workflowId: string, runId: string, sequence: number): Promise<void>;
  /** Waits for a workflow to close; undefined once `isOver` says so or after too many errors. */
  closed(workflowId: string, runId: string, isOver: () => boolean): Promise<Closed | undefined>;
  /** Exercises the code paths of a start without starting anything: cold code is 3–6 times as slow. */
  warmUp(): Promise<void>;
}

export type Closed = 'completed' | 'failed' | 'canceled' | 'terminated' | 'timedOut';

export interface TargetOptions {
  readonly input: GenerateLoadInput;
  readonly identity: string;
  /** Told of every long poll that had to be repeated after an error. */
  readonly onRetry: () => void;
  /** Told of every call's answer: its operation, `OK` or the code of its error, and how long it took. */
  readonly onRequest?: RequestListener;
}

const { WorkflowIdReusePolicy, WorkflowIdConflictPolicy, TaskQueueKind, HistoryEventFilterType } =
  temporal.api.enums.v1;

/** Errors in a row after which a completion is given up as a lost sample. */
const MAX_OBSERVER_ERRORS = 10;
const WARM_UP_CALLS = 100;
const WARM_UP_AT_ONCE = 5;
/** Far away, fewer calls have to do: a lane that warms up too long is late. */
const WARM_UP_MS = 800;

/** @param connections calls are spread over them: an arrival's all go over the same one */
export function targetCalls(connections: readonly Connection[], options: TargetOptions): TargetCalls {
  const { input, identity, onRequest } = options;
  const { namespace, taskQueue } = input.run;
  const kinds = input.kinds.map((kind) => ({ ...kind, payloads: arrivalInput(kind, input) }));
  const kindOf = (sequence: number) => kinds[kindAt(kinds, input.lane, sequence)]!;
  const channelOf = (sequence: number) => new TimedCalls(connections[sequence % connections.length]!, onRequest);
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
      const channel = channelOf(sequence);
      if (kindOf(sequence).messages?.kind !== 'update-with-start') {
        const { runId } = await channel.call('StartWorkflowExecution', START_DEADLINE_MS, (service) =>
          service.startWorkflowExecution(startWorkflow),
        );
        return { runId };
      }
      const operations = [{ startWorkflow }, { updateWorkflow: firstUpdate({ namespace, identity }, workflowId) }];
      const { responses } = await channel.call('ExecuteMultiOperation', START_DEADLINE_MS, (service) =>
        service.executeMultiOperation({ namespace, operations }),
      );
      return { runId: responses[0]?.startWorkflow?.runId ?? '' };
    },

    async sendMessages(workflowId, runId, sequence) {
      const { messages } = kindOf(sequence);
      if (messages) await sendMessages(channelOf(sequence), { namespace, identity, messages }, { workflowId, runId });
    },

    async closed(workflowId, runId, isOver) {
      let nextPageToken: Uint8Array = new Uint8Array();
      let execution = { workflowId, runId };
      const channel = channelOf(polls++);
      for (let errors = 0; errors < MAX_OBSERVER_ERRORS && !isOver();) {
        try {
          const reply = await channel.call('GetWorkflowExecutionHistory', 70_000, (service) =>
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
        const call = (_: unknown, at: number) =>
          channelOf(i + at).call('GetSystemInfo', START_DEADLINE_MS, (service) => service.getSystemInfo({}));
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
