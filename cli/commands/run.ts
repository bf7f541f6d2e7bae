import type { ArgumentsCamelCase, Argv } from 'yargs';
import { deliver, outputOptions, withOutputOptions } from '../deliver';
import { follow } from '../follow';
import { startRun, withStartOptions } from '../start-run';

export const command = 'run';
export const describe = 'Run a benchmark, watch it, and end with its verdict';

export function builder(yargs: Argv) {
  return withOutputOptions(withStartOptions(yargs));
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const started = await startRun(argv);
  if (started === undefined) return 0;
  const { run, connections } = started;
  const outcome = await follow(run, connections.env);
  await run.connection.close();
  return await deliver(outcome, outputOptions(argv), run.session);
}
