import { randomUUID } from 'node:crypto';
import type { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import type { Messages } from '../../load-workflows/catalog';
import { POKE, STATE } from '../../load-workflows/message-names';
import { START_DEADLINE_MS } from '../../orchestrator/plan';
import { classifyStartError } from '../grpc-errors';

const { UpdateWorkflowExecutionLifecycleStage } = temporal.api.enums.v1;

/** A query buffer takes one at a time: a workflow that is asked while it is busy says so, and is asked again. */
const BUSY_PAUSE_MS = 2000;
const BUSY_TRIES = 5;

export interface Execution {
  readonly workflowId: string;
  readonly runId?: string;
}

export interface ConverseOptions {
  readonly namespace: string;
  readonly identity: string;
  readonly messages: Messages;
}

/** Sends a workflow the messages it waits for, one after another; each has to be answered. */
export async function converse(connection: Connection, options: ConverseOptions, to: Execution): Promise<void> {
  const { kind, count } = options.messages;
  if (kind === 'signal') for (let i = 0; i < count; i += 1) await signal(connection, options, to);
  if (kind === 'update') for (let i = 0; i < count; i += 1) await update(connection, options, to);
  // The first one went with the start.
  if (kind === 'update-with-start') for (let i = 1; i < count; i += 1) await update(connection, options, to);
  if (kind === 'query') {
    for (let i = 0; i < count; i += 1) await query(connection, options, to);
    await signal(connection, options, to);
  }
}

async function signal(connection: Connection, { namespace, identity }: ConverseOptions, to: Execution): Promise<void> {
  const requestId = randomUUID();
  await call(connection, () =>
    connection.workflowService.signalWorkflowExecution({
      namespace,
      identity,
      requestId,
      workflowExecution: to,
      signalName: POKE,
    }),
  );
}

async function query(connection: Connection, { namespace }: ConverseOptions, to: Execution): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await call(connection, () =>
        connection.workflowService.queryWorkflow({ namespace, execution: to, query: { queryType: STATE } }),
      );
      return;
    } catch (err) {
      if (tries === BUSY_TRIES || !classifyStartError(err).cause.includes('BUSY_WORKFLOW')) throw err;
      await new Promise((resolve) => setTimeout(resolve, BUSY_PAUSE_MS));
    }
  }
}

async function update(connection: Connection, options: ConverseOptions, to: Execution): Promise<void> {
  const { outcome } = await call(connection, () =>
    connection.workflowService.updateWorkflowExecution(updateRequest(options, to)),
  );
  if (!outcome?.success) throw new Error(outcome?.failure?.message ?? 'the update had no outcome within its deadline');
}

/** An update that is answered when its handler has returned. */
export function updateRequest({ namespace, identity }: ConverseOptions, to: Execution) {
  return {
    namespace,
    workflowExecution: to,
    waitPolicy: {
      lifecycleStage: UpdateWorkflowExecutionLifecycleStage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED,
    },
    request: { meta: { updateId: randomUUID(), identity }, input: { name: POKE } },
  };
}

async function call<T>(connection: Connection, make: () => Promise<T>): Promise<T> {
  return await connection.withDeadline(Date.now() + START_DEADLINE_MS, make);
}
