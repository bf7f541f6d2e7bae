import { temporal } from '@temporalio/proto';
import { status } from '@grpc/grpc-js';
import type { Messages } from '../../load-workflows/catalog';
import { POKE, STATE } from '../../load-workflows/message-names';
import { START_DEADLINE_MS } from '../../orchestrator/plan';
import { classifyStartError, grpcCode } from '../../temporal/grpc-errors';
import type { TimedCalls } from '../../temporal/timed-calls';

const { UpdateWorkflowExecutionLifecycleStage } = temporal.api.enums.v1;

/** A query buffer takes one at a time: a workflow that is asked while it is busy says so, and is asked again. */
const BUSY_PAUSE_MS = 2000;
const BUSY_TRIES = 5;

interface Execution {
  readonly workflowId: string;
  readonly runId?: string;
}

interface About {
  readonly namespace: string;
  readonly identity: string;
}

/**
 * Sends a workflow the messages it waits for, one after another; each has to be answered. A message is named by its
 * place alone, so the server takes each once, however often the conversation is held: by whoever started the workflow,
 * and again by whoever finds it waiting.
 */
export async function sendMessages(
  channel: TimedCalls,
  about: About & { readonly messages: Messages },
  to: Execution,
): Promise<void> {
  const { kind, count } = about.messages;
  const places = Array.from({ length: count }, (_, i) => i);
  if (kind === 'signal') for (const place of places) await signal(channel, about, to, place);
  if (kind === 'update' || kind === 'update-with-start') {
    // The first one went with the start.
    const first = kind === 'update' ? 0 : 1;
    for (const place of places.slice(first)) await update(channel, about, to, place);
  }
  if (kind === 'query') {
    for (const _ of places) await query(channel, about, to);
    await signal(channel, about, to, 0);
  }
}

/** The same for a workflow of which nobody knows what it has been told; one that has closed meanwhile lacks nothing. */
export async function resendMessages(
  channel: TimedCalls,
  about: About & { readonly messages: Messages },
  workflowId: string,
): Promise<void> {
  const { messages } = about;
  const whole = messages.kind === 'update-with-start' ? { ...messages, kind: 'update' as const } : messages;
  try {
    await sendMessages(channel, { ...about, messages: whole }, { workflowId });
  } catch (err) {
    if (grpcCode(err) !== status.NOT_FOUND) throw err;
  }
}

async function signal(channel: TimedCalls, { namespace, identity }: About, to: Execution, place: number) {
  await channel.call('SignalWorkflowExecution', START_DEADLINE_MS, (service) =>
    service.signalWorkflowExecution({
      namespace,
      identity,
      requestId: nameOf(to, place),
      workflowExecution: to,
      signalName: POKE,
    }),
  );
}

async function query(channel: TimedCalls, { namespace }: About, to: Execution): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await channel.call('QueryWorkflow', START_DEADLINE_MS, (service) =>
        service.queryWorkflow({ namespace, execution: to, query: { queryType: STATE } }),
      );
      return;
    } catch (err) {
      if (tries === BUSY_TRIES || !classifyStartError(err).cause.includes('BUSY_WORKFLOW')) throw err;
      await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE_MS));
    }
  }
}

async function update(channel: TimedCalls, about: About, to: Execution, place: number): Promise<void> {
  const { outcome } = await channel.call('UpdateWorkflowExecution', START_DEADLINE_MS, (service) =>
    service.updateWorkflowExecution(updateRequest(about, to, place)),
  );
  if (!outcome?.success) throw new Error(outcome?.failure?.message ?? 'the update had no outcome within its deadline');
}

/** The update that goes with a start. */
export function firstUpdate(about: About, workflowId: string) {
  return updateRequest(about, { workflowId }, 0);
}

/** An update that is answered when its handler has returned. */
function updateRequest({ namespace, identity }: About, to: Execution, place: number) {
  return {
    namespace,
    workflowExecution: to,
    waitPolicy: {
      lifecycleStage: UpdateWorkflowExecutionLifecycleStage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED,
    },
    request: { meta: { updateId: nameOf(to, place), identity }, input: { name: POKE } },
  };
}

function nameOf({ workflowId }: Execution, place: number): string {
  return `${workflowId}/${place}`;
}
