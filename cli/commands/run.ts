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
  return withOutputOptions(withStartOptions(yargs));
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  if (process.env.BENCHMARK_WORKER_ONLY === 'true') return await hostAlone(argv);
  try {
    const started = await startRun(argv);
    if (started === undefined) return 0;
    const { run, connections } = started;
    const outcome = await follow(run, connections.env);
    await run.connection.close();
    return await deliver(outcome, outputOptions(argv), run.session);
  } catch (err) {
    return deliverFailure(
      (err as Error).message,
      err instanceof CliError ? err.exitCode : EXIT.error,
      outputOptions(argv),
    );
  }
}
