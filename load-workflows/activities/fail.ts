import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';

/** Fails until it is tried for the given time, counted from 1. */
export async function failUntil(attempt: number): Promise<void> {
  if (Context.current().info.attempt < attempt) throw ApplicationFailure.retryable('as asked', 'AsAsked');
}
