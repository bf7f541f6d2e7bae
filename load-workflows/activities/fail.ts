import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';

/** Returns the failure that {@link failUntil} throws. */
export function failureByDesign(): ApplicationFailure {
  return ApplicationFailure.retryable('this attempt fails by design', 'FailsByDesign');
}

/** Fails until the given attempt, counted from 1. */
export async function failUntil(attempt: number): Promise<void> {
  if (Context.current().info.attempt < attempt) throw failureByDesign();
}
