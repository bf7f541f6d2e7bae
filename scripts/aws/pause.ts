import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from '../../cli/errors';
import { EXIT } from '../../report/exit-codes';

const told = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => told.abort());

/** Waits between two looks at AWS; whoever presses Ctrl-C ends it, so that what was scaled up is scaled down. */
export async function pause(ms: number): Promise<void> {
  await sleep(ms, undefined, { signal: told.signal }).catch(() => undefined);
  if (told.signal.aborted) throw new CliError('interrupted', EXIT.interrupted);
}
