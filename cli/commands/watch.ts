import type { ArgumentsCamelCase, Argv } from 'yargs';
import { readConnections, withConnectionOptions } from '../connection-options';
import { deliver, outputOptions, withOutputOptions } from '../deliver';
import { follow } from '../follow';
import { locate } from '../locate';

export const command = 'watch [run]';
export const describe = 'Watch a run that goes on already, and end as run would have';

export function builder(yargs: Argv) {
  return withOutputOptions(withConnectionOptions(yargs)).positional('run', {
    type: 'string',
    describe: 'Workflow id of the run (default: the latest of this machine)',
  });
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const connections = readConnections(argv);
  const { run, left } = await locate(argv.run as string | undefined, connections, true);
  if (left) return await deliver(left.outcome, outputOptions(argv), left.session);
  run!.session?.updateRun({ watcherPid: process.pid });
  const outcome = await follow(run!, connections.env);
  await run!.connection.close();
  return await deliver(outcome, outputOptions(argv), run!.session);
}
