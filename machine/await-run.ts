import { ApplicationFailure } from '@temporalio/common';
import { isGrpcServiceError, WorkflowFailedError, type Client, type Connection } from '@temporalio/client';
import type { BenchmarkResult } from '../report/result-schema';

/** How a run ended: with a result, which a failed run carries too, or with a message alone. */
export interface RunOutcome {
  readonly result?: BenchmarkResult;
  readonly error?: string;
  /** The type of the failure, e.g. `BadSpec`. */
  readonly failureType?: string;
}

/** A run whose workflow task fails again and again: its code, not its load, is what stands still. */
export class RunStuckError extends Error {
  override readonly name = 'RunStuckError';
}

const RETRY_MS = 1000;
/** How long control may be away before nobody waits for it any longer. */
const PATIENCE_MS = 600_000;
const STUCK_CHECK_MS = 3000;
const STUCK_AFTER_ATTEMPTS = 5;

export interface AwaitOptions {
  /** Throw {@link RunStuckError} once the workflow task has failed several times in a row. */
  readonly failWhenStuck?: boolean;
}

/** Waits for a run's end; survives a control server that goes away and comes back. */
export async function awaitRun(
  client: Client,
  workflowId: string,
  { failWhenStuck = false }: AwaitOptions = {},
): Promise<RunOutcome> {
  const watching = new AbortController();
  const stuck = failWhenStuck
    ? rejectWhenStuck(client, workflowId, watching.signal)
    : new Promise<never>(() => undefined);
  try {
    return await Promise.race([untilClosed(client, workflowId), stuck]);
  } finally {
    watching.abort();
  }
}

async function untilClosed(client: Client, workflowId: string): Promise<RunOutcome> {
  const handle = client.workflow.getHandle(workflowId);
  let silentSince: number | undefined;
  for (;;) {
    try {
      return { result: (await handle.result()) as BenchmarkResult };
    } catch (err) {
      if (err instanceof WorkflowFailedError) return outcomeOfFailure(err.cause);
      silentSince ??= Date.now();
      if (!isTransient(err) || Date.now() - silentSince > PATIENCE_MS) throw err;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    await handle.describe().then(
      () => (silentSince = undefined),
      () => undefined,
    );
  }
}

function outcomeOfFailure(cause: Error | undefined): RunOutcome {
  if (!(cause instanceof ApplicationFailure)) return { error: cause?.message ?? 'the run ended without a result' };
  const [details] = cause.details ?? [];
  const isResult = typeof details === 'object' && details !== null && 'schemaVersion' in details;
  return {
    error: cause.message,
    failureType: cause.type ?? undefined,
    ...(isResult ? { result: details as BenchmarkResult } : {}),
  };
}

async function rejectWhenStuck(client: Client, workflowId: string, signal: AbortSignal): Promise<never> {
  const { workflowService } = client.connection as Connection;
  const about = { namespace: client.options.namespace, execution: { workflowId } };
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, STUCK_CHECK_MS).unref());
    const task = await workflowService.describeWorkflowExecution(about).then(
      (described) => described.pendingWorkflowTask,
      () => undefined,
    );
    if ((task?.attempt ?? 0) < STUCK_AFTER_ATTEMPTS) continue;
    const reason = await workflowService.getWorkflowExecutionHistoryReverse({ ...about, maximumPageSize: 20 }).then(
      ({ history }) =>
        history?.events?.find((event) => event.workflowTaskFailedEventAttributes)?.workflowTaskFailedEventAttributes
          ?.failure?.message,
      () => undefined,
    );
    // Tasks that merely time out have no worker; that mends itself when one comes.
    if (reason)
      throw new RunStuckError(`the run stands still: its workflow task failed ${task!.attempt} times (${reason})`);
  }
  return await new Promise<never>(() => undefined);
}

function isTransient(err: unknown): boolean {
  const cause = err instanceof Error && err.cause !== undefined ? err.cause : err;
  return isGrpcServiceError(cause) && [1, 4, 14].includes(cause.code);
}
