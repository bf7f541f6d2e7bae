import { ApplicationFailure } from '@temporalio/workflow';

/** Returns the type of the root cause, which child workflow and activity failures wrap. */
export function failureType(err: unknown): string | undefined {
  if (err instanceof ApplicationFailure) return err.type ?? undefined;
  return err instanceof Error && err.cause !== undefined ? failureType(err.cause) : undefined;
}
