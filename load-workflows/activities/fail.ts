import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';

/** Fails until the given attempt, counted from 1. */
export async function failUntil(attempt: number): Promise<void> {
  if (Context.current().info.attempt < attempt)
    throw ApplicationFailure.retryable('this attempt fails by design', 'FailsByDesign');
}
