import type { Connection } from '@temporalio/client';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { status } from '@grpc/grpc-js';
import type { Session } from '../../machine/session';
import { checkFrontend } from '../../temporal/check-frontend';
import { counted } from '../../measurement/format/numbers';
import { cleanUpRun } from '../../activities/settle/clean-up';
import type { CleanupResult } from '../../orchestrator/activity-types';
import { isRunId } from '../../orchestrator/names';
import { connect } from '../../temporal/connections';
import { describeGrpcError, grpcCode } from '../../temporal/grpc-errors';
import { countRunning } from '../../temporal/target-counts';
import { EXIT } from '../../report/exit-codes';
import { confirm } from '../confirm';
import { readConnections, withTargetOptions, type Connections } from '../connection-options';
import { badConfiguration, CliError } from '../errors';
import { cleanUpLocalRun } from '../local-cleanup';
import { findSession } from '../locate';
import { lastPollMs, markedNamespaces, workflowsInShared, type RunOnTarget } from '../runs-on-target';
import { invalidSetting } from '../settings';

export const command = 'cleanup [name]';
export const describe =
  'Stop and remove what a run left behind: local processes, or workflows and namespace on a target';

export function builder(yargs: Argv) {
  return withTargetOptions(yargs)
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
    })
    .option('yes', {
      alias: 'y',
      type: 'boolean',
      default: false,
      describe: 'Terminate workflows and delete namespaces on a target without asking',
    });
}

type Args = ArgumentsCamelCase<Record<string, unknown>>;

export async function handler(argv: Args): Promise<number> {
  const connections = readConnections(argv);
  const { target, connectTimeoutMs } = connections;
  if (target === undefined) return await cleanUpLocalRun(findLocalRun(argv));
  const find = readNames(argv);
  await checkFrontend(target, connectTimeoutMs);
  const connection = await connect(target, connectTimeoutMs);
  try {
    const runs = await find(connection, connections);
    await requireNoRunInProgress(connection, runs);
    const open = await Promise.all(runs.map(async (run) => ({ run, running: await countRunning(connection, run) })));
    const toDo = open.filter(({ run, running }) => run.ownsNamespace || running > 0);
    if (!argv.yes && toDo.length > 0) {
      const what = toDo.map(describeWork).join(', ');
      await confirm(`On ${target.address}: ${what}?`, `${what} on ${target.address}`);
    }
    let complete = true;
    for (const run of runs) {
      const done = await cleanUpRun(connection, run, run.ownsNamespace);
      complete &&= done.complete;
      report(run, done);
    }
    return complete ? EXIT.passed : EXIT.cleanupIncomplete;
  } catch (err) {
    if (grpcCode(err) === undefined) throw err;
    throw new CliError(`the target ${target.address} refused the cleanup: ${describeGrpcError(err)}`);
  } finally {
    await connection.close();
  }
}

function describeWork({ run, running }: { run: RunOnTarget; running: number }): string {
  const terminate = `terminate ${counted(running, 'running workflow')}`;
  if (!run.ownsNamespace) return `${terminate} of ${run.runId} in the namespace ${run.namespace}`;
  return `delete the namespace ${run.namespace}${running > 0 ? ` and ${terminate} in it` : ''}`;
}

function report({ namespace }: RunOnTarget, done: CleanupResult): void {
  const deleted = done.namespaceDeleted ? ', namespace deleted' : '';
  process.stdout.write(`${namespace}: ${done.terminated} workflows terminated${deleted}\n`);
  for (const warning of done.warnings) process.stderr.write(`Warning: ${warning}\n`);
  for (const line of done.commands) process.stderr.write(`To finish the cleanup: ${line}\n`);
}

/** Throws if a run may be in progress: its workers still poll. Nothing has been cleaned up then. */
async function requireNoRunInProgress(connection: Connection, runs: readonly RunOnTarget[]): Promise<void> {
  const ages = await Promise.all(runs.map(async (run) => ({ run, ageMs: await lastPollMs(connection, run) })));
  const busy = ages.flatMap(({ run, ageMs }) =>
    ageMs === undefined
      ? []
      : [
          `the run ${run.runId} may be in progress: a worker polled its task queue ${Math.round(ageMs / 1000)} s ago. End it with benchmark abort, or stop its workers and wait a minute`,
        ],
  );
  if (busy.length > 0) throw new CliError([...busy, 'Nothing was cleaned up.'].join('\n'));
}

function findLocalRun({ name, namespace, all }: Args): Session {
  if (all || namespace !== undefined)
    throw badConfiguration(`--${all ? 'all' : 'namespace'} requires --address: the target to clean up, host:port`);
  if (name === undefined) throw badConfiguration('the name of the run is required; to show the runs: benchmark list');
  return findSession(
    name as string,
    'To end a run on a control server: benchmark abort. To clean up its target, set --address',
  );
}

type FindRuns = (connection: Connection, connections: Connections) => Promise<readonly RunOnTarget[]>;

/** Reads which runs to clean up, and returns what finds them. Throws a configuration error if the names are invalid. */
function readNames(argv: Args): FindRuns {
  const { name, namespace, all } = argv as { name?: string; namespace?: string; all?: boolean };
  if (all && (name !== undefined || namespace !== undefined))
    throw badConfiguration(`--all cannot be used with ${name === undefined ? '--namespace' : 'the name of a run'}`);
  if (namespace !== undefined) {
    if (name === undefined)
      throw badConfiguration('--namespace requires the ID of the run whose workflows are to be terminated');
    if (!isRunId(name))
      throw invalidSetting('the argument [name]', name, 'the ID of a run, such as run-20260102-030405-1a2b3c4d');
    const run = { runId: name, namespace, ownsNamespace: false, hasEnded: false };
    return async (connection, { target }) => [await findInShared(connection, run, target!.address)];
  }
  if (!all && name === undefined)
    throw badConfiguration('the name of a namespace benchmark-<run> is required, or --all');
  return async (connection, { target }) => {
    const marked = await markedNamespaces(connection);
    if (all) {
      if (marked.length === 0) process.stdout.write(`This tool has registered no namespace on ${target!.address}.\n`);
      return marked;
    }
    const found = marked.find((run) => run.namespace === name || run.runId === name);
    if (found) return [found];
    throw new CliError(
      `${name} is not a namespace that this tool registered on ${target!.address}, and only those are cleaned up. Namespaces: ${marked.map((run) => run.namespace).join(', ') || 'none'}`,
    );
  };
}

/** Returns a run if its workflows are in the namespace, and nothing else has IDs that begin with its own. */
async function findInShared(connection: Connection, run: RunOnTarget, address: string): Promise<RunOnTarget> {
  const { runId, namespace } = run;
  const { exist, foreign } = await workflowsInShared(connection, run).catch((err: unknown) => {
    if (grpcCode(err) !== status.NOT_FOUND) throw err;
    throw new CliError(`the namespace ${JSON.stringify(namespace)} does not exist on ${address}`);
  });
  if (!exist)
    throw new CliError(`there is no workflow of the run ${runId} in the namespace ${namespace} on ${address}`);
  if (foreign.length > 0)
    throw new CliError(
      `the namespace ${namespace} has workflows that this tool did not start, with IDs that begin with ${runId}: ${foreign.slice(0, 5).join(', ')}. Nothing was terminated`,
    );
  return run;
}
