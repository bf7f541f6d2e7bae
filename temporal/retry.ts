import { setTimeout as sleep } from 'node:timers/promises';

export interface RetryOptions {
  /** Returns whether to call again; `failures` is the number of calls that have failed, from 1. */
  readonly shouldRetry: (err: unknown, failures: number) => boolean;
  /** Returns the pause before the next call, milliseconds. */
  readonly delayMs: (failures: number) => number;
}

/** Calls until a call succeeds and returns its result. Throws the last error once `shouldRetry` returns false. */
export async function withRetries<T>(call: () => Promise<T>, { shouldRetry, delayMs }: RetryOptions): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await call();
    } catch (err) {
      if (!shouldRetry(err, failures)) throw err;
      await sleep(delayMs(failures));
    }
  }
}
