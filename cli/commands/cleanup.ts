import type { Connection } from '@temporalio/client';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { checkFrontend } from '../../temporal/check-frontend';
import { cleanUpRun } from '../../activities/settle/clean-up';
import { connect } from '../../temporal/connections';
import { NAMESPACE_PREFIX, OWNER_KEY } from '../../orchestrator/names';
import { EXIT } from '../../report/exit-codes';
import { readConnections, withConnectionOptions, type Connections } from '../connection-options';
import { badConfiguration, CliError } from '../errors';
import { stopLocalSession } from '../local-session';
import { findSession } from '../locate';

export const command = 'cleanup [name]';
export const describe =
  'Stop and remove what a run left behind: local processes, or workflows and namespace on a target';

export function builder(yargs: Argv) {
  return withConnectionOptions(yargs)
    .positional('name', {
      type: 'string',
      describe:
        'Without a target: a run on this machine. With a target: a namespace benchmark-<run>. With --namespace: the ID of a run',
    })
    .option('namespace', {
      alias: 'n',
      type: 'string',
      requiresArg: true,
      group: 'Target:',
      describe: 'Existing namespace, in which only the workflows of the named run are terminated',
    })
    .option('all', {
      type: 'boolean',
      default: false,
      describe: 'Clean up every namespace on the target that this tool registered',
    });
}

type Args = ArgumentsCamelCase<Record<string, unknown>>;

export async function handler(argv: Args): Promise<number> {
  const connections = readConnections(argv);
  if (connections.target === undefined) return await cleanUpLocalRun(argv);
  await checkFrontend(connections.target, connections.connectTimeoutMs);
  const connection = await connect(connections.target, connections.connectTimeoutMs);
  try {
    let complete = true;
    for (const run of await runsToClean(connection, argv, connections)) {
      const done = await cleanUpRun(connection, run, run.ownsNamespace);
      complete &&= done.complete;
      const deleted = done.namespaceDeleted ? ', namespace deleted' : '';
      process.stdout.write(`${run.namespace}: ${done.terminated} workflows terminated${deleted}\n`);
      for (const warning of done.warnings) process.stderr.write(`Warning: ${warning}\n`);
      for (const line of done.commands) process.stderr.write(`To finish the cleanup: ${line}\n`);
    }
    return complete ? EXIT.passed : EXIT.cleanupIncomplete;
  } finally {
    await connection.close();
  }
}

async function cleanUpLocalRun({ name, namespace, all }: Args): Promise<number> {
  if (all || namespace !== undefined)
    throw badConfiguration(`--${all ? 'all' : 'namespace'} requires --address: the target to clean up, host:port`);
  if (name === undefined) throw badConfiguration('the name of the run is required; to show the runs: benchmark list');
  const session = findSession(name as string);
  const { workflowId } = session.run;
  await stopLocalSession(session);
  process.stdout.write(`${workflowId}: its processes were stopped and its files removed.\n`);
  return 0;
}

interface RunToClean {
  readonly runId: string;
  readonly namespace: string;
  readonly ownsNamespace: boolean;
}

async function runsToClean(connection: Connection, argv: Args, { target }: Connections): Promise<RunToClean[]> {
  const { name, namespace, all } = argv as { name?: string; namespace?: string; all?: boolean };
  if (namespace !== undefined) {
    if (name === undefined)
      throw badConfiguration('--namespace requires the ID of the run whose workflows are to be terminated');
    return [{ runId: name, namespace, ownsNamespace: false }];
  }
  if (!all && name === undefined)
    throw badConfiguration('the name of a namespace benchmark-<run> is required, or --all');
  const marked = await markedNamespaces(connection);
  if (all) return marked;
  const found = marked.find((run) => run.namespace === name || run.runId === name);
  if (found) return [found];
  throw new CliError(
    `${name} is not a namespace that this tool registered on ${target!.address}, and only those are cleaned up. Namespaces: ${marked.map((run) => run.namespace).join(', ') || 'none'}`,
  );
}

/** Returns the namespaces that a run has registered: they contain its ID in their data and in their name (R8.1). */
async function markedNamespaces({ workflowService }: Connection): Promise<RunToClean[]> {
  const found: RunToClean[] = [];
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const page = await workflowService.listNamespaces({ pageSize: 200, nextPageToken });
    for (const { namespaceInfo } of page.namespaces) {
      const runId = namespaceInfo?.data?.[OWNER_KEY];
      const namespace = namespaceInfo?.name ?? '';
      if (runId && namespace === `${NAMESPACE_PREFIX}${runId}`) found.push({ runId, namespace, ownsNamespace: true });
    }
    nextPageToken = page.nextPageToken ?? new Uint8Array();
  } while (nextPageToken.length > 0);
  return found;
}
