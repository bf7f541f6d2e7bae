import { ApplicationFailure } from '@temporalio/common';
import { isGrpcServiceError, WorkflowFailedError, type Client } from '@temporalio/client';
import type { BenchmarkResult } from '../report/result-schema';

/** How a run ended: with a result, which a failed run carries too, or with a message alone. */
export interface RunOutcome {
  readonly result?: BenchmarkResult;
  readonly error?: string;
  /** The type of the failure, e.g. `BadSpec`. */
  readonly failureType?: string;
}

const RETRY_MS = 1000;
/** How long control may be away before nobody waits for it any longer. */
const PATIENCE_MS = 600_000;

/** Waits for a run's end; survives a control server that goes away and comes back. */
export async function awaitOutcome(client: Client, workflowId: string): Promise<RunOutcome> {
  let lastAnswer = Date.now();
  for (;;) {
    try {
      return { result: (await client.workflow.getHandle(workflowId).result()) as BenchmarkResult };
    } catch (err) {
      if (err instanceof WorkflowFailedError) return outcomeOfFailure(err.cause);
      if (!isTransient(err) || Date.now() - lastAnswer > PATIENCE_MS) throw err;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    await client.workflow
      .getHandle(workflowId)
      .describe()
      .then(
        () => (lastAnswer = Date.now()),
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

function isTransient(err: unknown): boolean {
  const cause = err instanceof Error && err.cause !== undefined ? err.cause : err;
  return isGrpcServiceError(cause) && [1, 4, 14].includes(cause.code);
}
