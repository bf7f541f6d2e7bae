import { ApplicationFailure } from '@temporalio/workflow';

const MAX_REASON_CHARACTERS = 1000;

/**
 * Checks the argument of the update `abort`, which any client may send. If it is wrong, it throws a
 * failure, which rejects the update; the run continues.
 */
export function checkAbortRequest(request: unknown): void {
  if (request === undefined || request === null) return;
  const expected = `expected nothing or {"reason": text}, with a text of at most ${MAX_REASON_CHARACTERS} characters`;
  const refuse = (what: string) => ApplicationFailure.nonRetryable(`${what}; ${expected}`, 'BadAbortRequest');
  if (typeof request !== 'object' || Array.isArray(request)) throw refuse('the argument of abort is not an object');
  const { reason, ...others } = request as { reason?: unknown };
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw refuse(`${unknown} is not a field of abort`);
  if (reason === undefined) return;
  if (typeof reason !== 'string') throw refuse('the reason of abort is not a text');
  if (reason.length > MAX_REASON_CHARACTERS) throw refuse(`the reason of abort has ${reason.length} characters`);
}
