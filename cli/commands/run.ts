import type { ArgumentsCamelCase, Argv } from 'yargs';
import { EXIT } from '../../report/exit-codes';
import { deliver, deliverFailure, outputOptions, withOutputOptions } from '../deliver';
import { CliError } from '../errors';
import { follow } from '../follow';
import { handler as hostAlone } from './host';
import { startRun, withStartOptions } from '../start-run';

export const command = 'run';
export const describe = 'Run a benchmark, watch it, and end with its verdict';

export function builder(yargs: Argv) {
  return withOutputOptions(withStartOptions(yargs)).option('with-worker', {
    type: 'boolean',
    describe:
      'Run the roles in this process too, on the given control server, or on the target itself (then its stalls are those of the control too); for a container that does everything [BENCHMARK_WITH_WORKER]',
  });
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  if (process.env.BENCHMARK_WORKER_ONLY === 'true') return await hostAlone(argv);
  try {
    const started = await startRun(argv);
    if (started === undefined) return 0;
    const { run, connections } = started;
    try {
      const outcome = await follow(run, connections.env);
      await run.connection.close();
      const exitCode = await deliver(outcome, outputOptions(argv), run.session);
      if (run.roles) await linger(outputOptions(argv).metricsLingerMs);
      return exitCode;
    } finally {
      await run.roles?.stop(true);
    }
  } catch (err) {
    return deliverFailure(
      (err as Error).message,
      err instanceof CliError ? err.exitCode : EXIT.error,
      outputOptions(argv),
    );
  }
}

/** So that the last scrape sees the totals; whoever says stop does not wait for it. */
async function linger(ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        clearTimeout(timer);
        resolve();
      });
    }
  });
}
