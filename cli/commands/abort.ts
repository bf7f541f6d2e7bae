import { rootCause, WorkflowNotFoundError } from '@temporalio/common';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { abortUpdate } from '../../orchestrator/messages';
import { readConnections, withControlOptions } from '../connection-options';
import { refuseWithoutControl } from '../effects';
import { badConfiguration, CliError } from '../errors';
import { locate } from '../locate';

export const command = 'abort [run]';
export const describe = 'Abort a run, which then stops its load, cleans up and reports';

export function builder(yargs: Argv) {
  return withControlOptions(yargs)
    .positional('run', { type: 'string', describe: 'Workflow ID of the run (default: the latest run on this machine)' })
    .option('reason', {
      type: 'string',
      requiresArg: true,
      default: 'aborted by a user',
      describe: 'Reason to show in the result',
    });
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const connections = readConnections(argv);
  refuseWithoutControl(connections.control !== undefined, argv);
  const { run, ended } = await locate(argv.run as string | undefined, connections, false);
  if (ended) {
    const { workflowId } = ended.session.run;
    throw new CliError(`the run ${workflowId} has ended. To see its result: benchmark watch ${workflowId}`);
  }
  const { client, connection, workflowId } = run!;
  const { phase } = await client.workflow
    .getHandle(workflowId)
    .executeUpdate(abortUpdate, { args: [{ reason: String(argv.reason) }] })
    .catch((err: Error) => {
      if (err instanceof WorkflowUpdateFailedError) throw badConfiguration(rootCause(err.cause) ?? err.message);
      if (!(err instanceof WorkflowNotFoundError)) throw err;
      throw new CliError(`the run ${workflowId} has ended. To see its result: benchmark show ${workflowId}`);
    })
    .finally(() => connection.close());
  process.stdout.write(`Aborted ${workflowId} in phase ${phase}; the run cleans up and reports.\n`);
  return 0;
}
