import { temporal } from '@temporalio/proto';
import { status } from '@grpc/grpc-js';
import type { Messages } from '../../load-workflows/catalog';
import { POKE, STATE } from '../../load-workflows/message-names';
import { START_DEADLINE_MS } from '../../orchestrator/plan';
import { classifyStartError, grpcCode } from '../../temporal/grpc-errors';
import { withRetries } from '../../temporal/retry';
import type { TimedCalls } from '../../temporal/timed-calls';
import type { Execution } from '../../temporal/wire/load-requests';

const { UpdateWorkflowExecutionLifecycleStage } = temporal.api.enums.v1;

/** A query to a workflow that is busy fails with BUSY_WORKFLOW; it is sent again after this pause. */
const BUSY_PAUSE_MS = 2000;
const MAX_QUERY_ATTEMPTS = 5;

/** Sends one message. Rejects with the gRPC error of the call; nothing is retried. */
export interface MessageCalls {
  signal(to: Execution, signalName: string, requestId: string): Promise<unknown>;
  /** Resolves with how the update ended; `failure` is undefined if it had no outcome within the deadline. */
  update(to: Execution, name: string, updateId: string): Promise<UpdateOutcome>;
  query(to: Execution, queryType: string): Promise<unknown>;
}

export interface UpdateOutcome {
  readonly success: boolean;
  readonly failure?: string;
}

/**
 * Sends a workflow the messages that it waits for, one after another, and waits for the answer to each. The id of a
 * message depends only on the workflow id and the message's index, so the server accepts each message once, even if the
 * messages are sent again.
 */
export async function sendMessages(calls: MessageCalls, { kind, count }: Messages, to: Execution): Promise<void> {
  const indexes = Array.from({ length: count }, (_, i) => i);
  if (kind === 'signal') for (const index of indexes) await calls.signal(to, POKE, messageId(to, index));
  if (kind === 'update' || kind === 'update-with-start') {
    // An update-with-start has sent the first update.
    const first = kind === 'update' ? 0 : 1;
    for (const index of indexes.slice(first)) await update(calls, to, index);
  }
  if (kind === 'query') {
    for (const _ of indexes) await query(calls, to);
    await calls.signal(to, POKE, messageId(to, 0));
  }
}

/** Sends all messages to a workflow that may have received some of them already. Ignores a workflow that has closed. */
export async function resendMessages(calls: MessageCalls, messages: Messages, workflowId: string): Promise<void> {
  const all = messages.kind === 'update-with-start' ? { ...messages, kind: 'update' as const } : messages;
  try {
    await sendMessages(calls, all, { workflowId });
  } catch (err) {
    if (grpcCode(err) !== status.NOT_FOUND) throw err;
  }
}

/** The id of a workflow's message. An update-with-start sends the one with index 0. */
export function messageId({ workflowId }: Execution, index: number): string {
  return `${workflowId}/${index}`;
}

async function query(calls: MessageCalls, to: Execution): Promise<void> {
  await withRetries(() => calls.query(to, STATE), {
    shouldRetry: (err, failures) =>
      failures < MAX_QUERY_ATTEMPTS && classifyStartError(err).cause.includes('BUSY_WORKFLOW'),
    delayMs: () => BUSY_PAUSE_MS,
  });
}

async function update(calls: MessageCalls, to: Execution, index: number): Promise<void> {
  const { success, failure } = await calls.update(to, POKE, messageId(to, index));
  if (!success) throw new Error(failure ?? 'the update had no outcome within its deadline');
}

/** Sends messages through the Temporal client: for those that are few. */
export function clientMessages(
  calls: TimedCalls,
  { namespace, identity }: { readonly namespace: string; readonly identity: string },
): MessageCalls {
  return {
    signal: (workflowExecution, signalName, requestId) =>
      calls.call('SignalWorkflowExecution', START_DEADLINE_MS, (service) =>
        service.signalWorkflowExecution({ namespace, identity, requestId, workflowExecution, signalName }),
      ),
    query: (execution, queryType) =>
      calls.call('QueryWorkflow', START_DEADLINE_MS, (service) =>
        service.queryWorkflow({ namespace, execution, query: { queryType } }),
      ),
    async update(workflowExecution, name, updateId) {
      const { outcome } = await calls.call('UpdateWorkflowExecution', START_DEADLINE_MS, (service) =>
        service.updateWorkflowExecution({
          namespace,
          workflowExecution,
          waitPolicy: {
            lifecycleStage: UpdateWorkflowExecutionLifecycleStage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED,
          },
          request: { meta: { updateId, identity }, input: { name } },
        }),
      );
      return { success: Boolean(outcome?.success), failure: outcome?.failure?.message ?? undefined };
    },
  };
}
