import { EXIT } from '../report/exit-codes';
import { CliError } from './errors';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Returns how a user knows a signal, e.g. `Ctrl-C`. */
export function nameOfSignal(signal: NodeJS.Signals): string {
  return signal === 'SIGINT' ? 'Ctrl-C' : signal;
}

/**
 * Does some work that Ctrl-C and SIGTERM interrupt: the signal that the work receives is aborted, and this process does not
 * end before the work has rejected, so that it can undo what it has begun.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) return;
    process.stderr.write(`Interrupted by ${nameOfSignal(name)}; stopping what was started.\n`);
    controller.abort(new CliError(`interrupted by ${nameOfSignal(name)}; no run was started`, EXIT.interrupted));
  };
  for (const name of SIGNALS) process.on(name, interrupt);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, interrupt);
  }
}

/** Settles as a promise does, unless the signal is aborted first; then it rejects with the signal's reason. */
export async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  signal.throwIfAborted();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  aborted.catch(() => undefined);
  return await Promise.race([promise, aborted]);
}
