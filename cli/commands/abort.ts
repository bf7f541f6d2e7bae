import { rootCause, WorkflowNotFoundError } from '@temporalio/common';
import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
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

/** Returns the error for a run that cannot be aborted because it has ended or does not exist; otherwise the error itself. */
async function whyNotAborted(handle: WorkflowHandle, err: Error): Promise<Error> {
  if (!(err instanceof WorkflowNotFoundError)) return err;
  const { workflowId } = handle;
  const exists = await handle.describe().then(
    () => true,
    () => false,
  );
  return new CliError(
    exists
      ? `the run ${workflowId} has ended. To see its result: benchmark show ${workflowId}`
      : `there is no run ${workflowId} on the control server. To show the runs: benchmark list`,
  );
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
  const handle = client.workflow.getHandle(workflowId);
  const { phase } = await handle
    .executeUpdate(abortUpdate, { args: [{ reason: String(argv.reason) }] })
    .catch(async (err: Error) => {
      if (err instanceof WorkflowUpdateFailedError) throw badConfiguration(rootCause(err.cause) ?? err.message);
      throw await whyNotAborted(handle, err);
    })
    .finally(() => connection.close());
  process.stdout.write(`Aborted ${workflowId} in phase ${phase}; the run cleans up and reports.\n`);
  return 0;
}
