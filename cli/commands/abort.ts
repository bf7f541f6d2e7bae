import type { ArgumentsCamelCase, Argv } from 'yargs';
import { abortUpdate } from '../../orchestrator/messages';
import { readConnections, withConnectionOptions } from '../connection-options';
import { CliError } from '../errors';
import { locate } from '../locate';

export const command = 'abort [run]';
export const describe = 'Abort a run: it stops its load, cleans up and reports';

export function builder(yargs: Argv) {
  return withConnectionOptions(yargs)
    .positional('run', { type: 'string', describe: 'Workflow id of the run (default: the latest of this machine)' })
    .option('reason', {
      type: 'string',
      requiresArg: true,
      default: 'aborted by hand',
      describe: 'Goes into the report',
    });
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const { run, left } = await locate(argv.run as string | undefined, readConnections(argv), false);
  if (left) throw new CliError(`${left.session.run.workflowId} is over; benchmark watch shows its result`);
  const { client, connection, workflowId } = run!;
  const { phase } = await client.workflow
    .getHandle(workflowId)
    .executeUpdate(abortUpdate, { args: [{ reason: String(argv.reason) }] });
  await connection.close();
  process.stdout.write(`${workflowId} was in phase ${phase}; it cleans up and reports.\n`);
  return 0;
}
