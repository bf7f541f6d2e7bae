import { temporal } from '@temporalio/proto';
import { status } from '@grpc/grpc-js';
import type { Messages } from '../../load-workflows/catalog';
import { POKE, STATE } from '../../load-workflows/message-names';
import { START_DEADLINE_MS } from '../../orchestrator/plan';
import { classifyStartError, grpcCode } from '../../temporal/grpc-errors';
import { withRetries } from '../../temporal/retry';
import type { TimedCalls } from '../../temporal/timed-calls';

const { UpdateWorkflowExecutionLifecycleStage } = temporal.api.enums.v1;

/** A query to a workflow that is busy fails with BUSY_WORKFLOW; it is sent again after this pause. */
const BUSY_PAUSE_MS = 2000;
const MAX_QUERY_ATTEMPTS = 5;

interface Execution {
  readonly workflowId: string;
  readonly runId?: string;
}

/** Who sends, and in which namespace. */
interface Sender {
  readonly namespace: string;
  readonly identity: string;
}

/**
 * Sends a workflow the messages that it waits for, one after another, and waits for the answer to each. The id of a
 * message depends only on the workflow id and the message's index, so the server accepts each message once, even if the
 * messages are sent again.
 */
export async function sendMessages(
  calls: TimedCalls,
  options: Sender & { readonly messages: Messages },
  to: Execution,
): Promise<void> {
  const { kind, count } = options.messages;
  const indexes = Array.from({ length: count }, (_, i) => i);
  if (kind === 'signal') for (const index of indexes) await signal(calls, options, to, index);
  if (kind === 'update' || kind === 'update-with-start') {
    // An update-with-start has sent the first update.
    const first = kind === 'update' ? 0 : 1;
    for (const index of indexes.slice(first)) await update(calls, options, to, index);
  }
  if (kind === 'query') {
    for (const _ of indexes) await query(calls, options, to);
    await signal(calls, options, to, 0);
  }
}

/** Sends all messages to a workflow that may have received some of them already. Ignores a workflow that has closed. */
export async function resendMessages(
  calls: TimedCalls,
  options: Sender & { readonly messages: Messages },
  workflowId: string,
): Promise<void> {
  const { messages } = options;
  const all = messages.kind === 'update-with-start' ? { ...messages, kind: 'update' as const } : messages;
  try {
    await sendMessages(calls, { ...options, messages: all }, { workflowId });
  } catch (err) {
    if (grpcCode(err) !== status.NOT_FOUND) throw err;
  }
}

async function signal(calls: TimedCalls, { namespace, identity }: Sender, to: Execution, index: number) {
  await calls.call('SignalWorkflowExecution', START_DEADLINE_MS, (service) =>
    service.signalWorkflowExecution({
      namespace,
      identity,
      requestId: messageId(to, index),
      workflowExecution: to,
      signalName: POKE,
    }),
  );
}

async function query(calls: TimedCalls, { namespace }: Sender, to: Execution): Promise<void> {
  const queryOnce = () =>
    calls.call('QueryWorkflow', START_DEADLINE_MS, (service) =>
      service.queryWorkflow({ namespace, execution: to, query: { queryType: STATE } }),
    );
  await withRetries(queryOnce, {
    shouldRetry: (err, failures) =>
      failures < MAX_QUERY_ATTEMPTS && classifyStartError(err).cause.includes('BUSY_WORKFLOW'),
    delayMs: () => BUSY_PAUSE_MS,
  });
}

async function update(calls: TimedCalls, sender: Sender, to: Execution, index: number): Promise<void> {
  const { outcome } = await calls.call('UpdateWorkflowExecution', START_DEADLINE_MS, (service) =>
    service.updateWorkflowExecution(updateRequest(sender, to, index)),
  );
  if (!outcome?.success) throw new Error(outcome?.failure?.message ?? 'the update had no outcome within its deadline');
}

/** Returns the update that is sent together with a start. */
export function firstUpdate(sender: Sender, workflowId: string) {
  return updateRequest(sender, { workflowId }, 0);
}

/** Returns an update request that is answered when the update's handler has returned. */
function updateRequest({ namespace, identity }: Sender, to: Execution, index: number) {
  return {
    namespace,
    workflowExecution: to,
    waitPolicy: {
      lifecycleStage: UpdateWorkflowExecutionLifecycleStage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED,
    },
    request: { meta: { updateId: messageId(to, index), identity }, input: { name: POKE } },
  };
}

function messageId({ workflowId }: Execution, index: number): string {
  return `${workflowId}/${index}`;
}
