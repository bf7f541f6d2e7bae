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
  'End what a run left: its processes on this machine, or its workflows and namespace on a target';

export function builder(yargs: Argv) {
  return withConnectionOptions(yargs)
    .positional('name', {
      type: 'string',
      describe: 'At home: a run. With a target: a namespace benchmark-…; with --namespace: the id of a run in it',
    })
    .option('namespace', {
      alias: 'n',
      type: 'string',
      requiresArg: true,
      group: 'Target:',
      describe: "an existing namespace, in which only the named run's workflows are terminated",
    })
    .option('all', {
      type: 'boolean',
      default: false,
      describe: 'Every namespace on the target that this tool registered',
    });
}

type Args = ArgumentsCamelCase<Record<string, unknown>>;

export async function handler(argv: Args): Promise<number> {
  const connections = readConnections(argv);
  if (connections.target === undefined) return await cleanUpHome(argv.name as string | undefined);
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
      for (const line of done.commands) process.stderr.write(`Finish it with: ${line}\n`);
    }
    return complete ? EXIT.passed : EXIT.cleanupIncomplete;
  } finally {
    await connection.close();
  }
}

async function cleanUpHome(name: string | undefined): Promise<number> {
  if (name === undefined) throw badConfiguration('name: give the run to end and remove; benchmark list shows them');
  const session = findSession(name);
  const { workflowId } = session.run;
  await stopLocalSession(session);
  process.stdout.write(`${workflowId}: everything that ran for it has ended, and its files are gone.\n`);
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
    if (name === undefined) throw badConfiguration('name: give the id of the run whose workflows are to be terminated');
    return [{ runId: name, namespace, ownsNamespace: false }];
  }
  if (!all && name === undefined) throw badConfiguration('name: give a namespace benchmark-…, or --all');
  const marked = await markedNamespaces(connection);
  if (all) return marked;
  const found = marked.find((run) => run.namespace === name || run.runId === name);
  if (found) return [found];
  throw new CliError(
    `${name} is no namespace on ${target!.address} that this tool registered; it cleans up no other. There are: ${marked.map((run) => run.namespace).join(', ') || 'none'}`,
  );
}

/** Namespaces that carry the mark of the run that registered them, and its name (R8.1). */
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
