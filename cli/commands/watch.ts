import type { ArgumentsCamelCase, Argv } from 'yargs';
import { readConnections, withConnectionOptions } from '../connection-options';
import { refuseWithoutControl } from '../effects';
import { deliver, outputOptions, withOutputOptions } from '../deliver';
import { follow } from '../follow';
import { withLivePage, type LivePage } from '../live-page';
import { locate } from '../locate';
import { webOptions, withWebOptions } from '../web-options';

export const command = 'watch [run]';
export const describe = 'Show the progress of a run until it ends, then its result';

export function builder(yargs: Argv) {
  return withWebOptions(withOutputOptions(withConnectionOptions(yargs))).positional('run', {
    type: 'string',
    describe: 'Workflow ID of the run (default: the latest run on this machine)',
  });
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  return await withLivePage(webOptions(argv), (page) => watchRun(argv, page));
}

async function watchRun(argv: Readonly<Record<string, unknown>>, page?: LivePage): Promise<number> {
  const options = outputOptions(argv);
  const connections = readConnections(argv);
  refuseWithoutControl(connections.control !== undefined, argv);
  const { run, ended } = await locate(argv.run as string | undefined, connections, true);
  if (ended) page?.end(ended.outcome);
  if (ended) return await deliver(ended.outcome, options, ended.session);
  run!.session?.watch();
  const outcome = await follow(run!, connections.env, page);
  await run!.connection.close();
  return await deliver(outcome, options, run!.session);
}
