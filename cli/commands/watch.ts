import type { ArgumentsCamelCase, Argv } from 'yargs';
import { readConnections, withConnectionOptions } from '../connection-options';
import { refuseWithoutControl } from '../effects';
import { deliver, outputOptions, withOutputOptions } from '../deliver';
import { follow } from '../follow';
import { locate } from '../locate';

export const command = 'watch [run]';
export const describe = 'Show the progress of a run until it ends, then its result';

export function builder(yargs: Argv) {
  return withOutputOptions(withConnectionOptions(yargs)).positional('run', {
    type: 'string',
    describe: 'Workflow ID of the run (default: the latest run on this machine)',
  });
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const options = outputOptions(argv);
  const connections = readConnections(argv);
  refuseWithoutControl(connections.control !== undefined, argv);
  const { run, ended } = await locate(argv.run as string | undefined, connections, true);
  if (ended) return await deliver(ended.outcome, options, ended.session);
  run!.session?.watch();
  const outcome = await follow(run!, connections.env);
  await run!.connection.close();
  return await deliver(outcome, options, run!.session);
}
