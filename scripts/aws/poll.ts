import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../../cli/errors';
import { EXIT } from '../../report/exit-codes';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());

/**
 * Calls `check` every `everyMs` until it returns a value. The AWS SDK's waiters do not fit: they retry after every error,
 * even after missing credentials, and report no progress.
 *
 * @throws CliError after Ctrl-C, so that the caller can scale down; the error of `onTimeout` after `timeoutMs`
 */
export async function poll<T>(
  check: () => Promise<T | undefined>,
  { everyMs, timeoutMs, onTimeout }: PollOptions,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await check();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw onTimeout();
    await sleep(everyMs, undefined, { signal: interrupted.signal }).catch(() => undefined);
    if (interrupted.signal.aborted) throw new CliError('interrupted', EXIT.interrupted);
  }
}

export interface PollOptions {
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly onTimeout: () => Error;
}
