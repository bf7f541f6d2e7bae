import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { isGrpcServiceError, WorkflowFailedError, type Client, type Connection } from '@temporalio/client';
import type { BenchmarkResult } from '../report/result-schema';

/** How a run ended: with a result, which a failed run may have too, or only with an error message. */
export interface RunOutcome {
  readonly result?: BenchmarkResult;
  readonly error?: string;
  /** The type of the failure, e.g. `BadSpec`. */
  readonly failureType?: string;
}

/** The error of a run that makes no progress because its workflow task fails repeatedly. */
export class RunStuckError extends Error {
  override readonly name = 'RunStuckError';
}

const RETRY_MS = 1000;
/** How long the control server may be unreachable before awaitRun throws. */
const UNREACHABLE_TIMEOUT_MS = 600_000;
const STUCK_CHECK_MS = 3000;
const STUCK_AFTER_ATTEMPTS = 5;

export interface AwaitOptions {
  /** Throw {@link RunStuckError} once the workflow task has failed several times in a row. */
  readonly failWhenStuck?: boolean;
}

/** Waits until a run ends and returns its outcome. It tolerates a control server that is temporarily unreachable. */
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
  let unreachableSince: number | undefined;
  for (;;) {
    try {
      return { result: (await handle.result()) as BenchmarkResult };
    } catch (err) {
      if (err instanceof WorkflowFailedError) return outcomeOfFailure(err.cause);
      unreachableSince ??= performance.now();
      if (!isTransient(err) || performance.now() - unreachableSince > UNREACHABLE_TIMEOUT_MS) throw err;
    }
    await sleep(RETRY_MS);
    await handle.describe().then(
      () => (unreachableSince = undefined),
      () => undefined,
    );
  }
}

/** Returns the outcome of a run that has closed. */
export async function outcomeOfClosed(client: Client, workflowId: string, runId: string): Promise<RunOutcome> {
  try {
    return { result: (await client.workflow.getHandle(workflowId, runId).result()) as BenchmarkResult };
  } catch (err) {
    if (err instanceof WorkflowFailedError) return outcomeOfFailure(err.cause);
    throw err;
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
  const request = { namespace: client.options.namespace, execution: { workflowId } };
  while (!signal.aborted) {
    await sleep(STUCK_CHECK_MS, undefined, { ref: false });
    const task = await workflowService.describeWorkflowExecution(request).then(
      (described) => described.pendingWorkflowTask,
      () => undefined,
    );
    if ((task?.attempt ?? 0) < STUCK_AFTER_ATTEMPTS) continue;
    const reason = await workflowService.getWorkflowExecutionHistoryReverse({ ...request, maximumPageSize: 20 }).then(
      ({ history }) =>
        history?.events?.find((event) => event.workflowTaskFailedEventAttributes)?.workflowTaskFailedEventAttributes
          ?.failure?.message,
      () => undefined,
    );
    // Without a failure the tasks have timed out, because no control worker runs. The run continues when one starts.
    if (reason)
      throw new RunStuckError(`the run is stuck: its workflow task has failed ${task!.attempt} times (${reason})`);
  }
  return await new Promise<never>(() => undefined);
}

function isTransient(err: unknown): boolean {
  const cause = err instanceof Error && err.cause !== undefined ? err.cause : err;
  return isGrpcServiceError(cause) && [1, 4, 14].includes(cause.code);
}
