import { Client, WorkflowNotFoundError, type Connection } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { checkFrontend } from '../temporal/check-frontend';
import { connect, embeddedServer } from '../temporal/connections';
import type { RunOutcome } from '../machine/await-run';
import { Session } from '../machine/session';
import type { Supervisor } from '../machine/supervisor';
import { BENCHMARK_RUN, CAPACITY_SEARCH } from '../orchestrator/benchmark-types';
import { CONTROL_NAMESPACE } from '../orchestrator/names';
import type { Connections } from './connection-options';
import { badConfiguration, CliError } from './errors';
import { isRunning, startSupervisor } from './local-session';

/** A run, with a connection to its control server. */
export interface LocatedRun {
  readonly workflowId: string;
  readonly client: Client;
  readonly connection: Connection;
  /** The local session of the run; undefined on a user's control server. */
  readonly session?: Session;
  /** The roles that this process runs for the run. */
  readonly roles?: Supervisor;
}

/** A local run that has ended. Its outcome is kept until it is delivered. */
export interface EndedRun {
  readonly outcome: RunOutcome;
  readonly session: Session;
}

/** Exactly one of the two is set. */
export interface Located {
  readonly run?: LocatedRun;
  readonly ended?: EndedRun;
}

/**
 * Finds a run on the user's control server by its workflow ID, or else a local run by its workflow ID, its run ID or the
 * beginning of either. Without a name, finds the latest local run.
 *
 * @param restart restart the processes of a local run if they have stopped
 */
export async function locate(name: string | undefined, connections: Connections, restart: boolean): Promise<Located> {
  if (connections.control) {
    if (name === undefined)
      throw badConfiguration('the workflow ID of the run is required; to show the runs: benchmark list');
    const control = await connectControl(connections);
    await requireRun(control.client, name);
    return { run: { workflowId: name, ...control } };
  }
  const session = findSession(name);
  const outcome = session.savedOutcome();
  if (outcome) return { ended: { outcome, session } };
  const { workflowId } = session.run;
  if (!isRunning(session)) {
    if (!session.run.started)
      throw new CliError(
        `the run ${workflowId} was never started. To remove what is left of it: benchmark cleanup ${workflowId}`,
      );
    if (!restart) throw new CliError(`the processes of ${workflowId} have stopped. ${nextCommands(workflowId)}`);
    process.stderr.write(`The processes of ${workflowId} have stopped; restarting them.\n`);
    await startSupervisor(session, connections.env);
  }
  return { run: { ...(await connectSession(session)), workflowId, session } };
}

/** Throws unless the control namespace has a run or a search with this workflow ID. */
export async function requireRun(client: Client, workflowId: string): Promise<void> {
  const { namespace } = client.options;
  const type = await client.workflow
    .getHandle(workflowId)
    .describe()
    .then(
      (described) => described.type,
      (err: Error) => {
        if (err instanceof NamespaceNotFoundError)
          throw new CliError(
            `the namespace ${namespace} does not exist on the control server; see --control-namespace`,
          );
        if (!(err instanceof WorkflowNotFoundError)) throw err;
        throw new CliError(
          `there is no run ${workflowId} in the namespace ${namespace} of the control server. To show the runs: benchmark list`,
        );
      },
    );
  if (type !== BENCHMARK_RUN && type !== CAPACITY_SEARCH)
    throw new CliError(`${workflowId} is not a run of this tool: it is a workflow of the type ${type}`);
}

function nextCommands(workflowId: string): string {
  return `To continue the run: benchmark watch ${workflowId}. To remove it: benchmark cleanup ${workflowId}`;
}

interface Control {
  readonly client: Client;
  readonly connection: Connection;
}

/** Connects to the user's control server. Throws if it is not available. */
export async function connectControl({ control, connectTimeoutMs }: Connections): Promise<Control> {
  await checkFrontend(control!, connectTimeoutMs);
  const connection = await connect(control!, connectTimeoutMs);
  return { connection, client: new Client({ connection, namespace: control!.namespace || CONTROL_NAMESPACE }) };
}

/** Connects to the embedded control server of a local session, which is running. */
export async function connectSession({ processes }: Session): Promise<Control> {
  const connection = await connect(embeddedServer(processes.controlAddress!));
  return { connection, client: new Client({ connection, namespace: CONTROL_NAMESPACE }) };
}

/** Finds the session of a local run as {@link locate} does. Throws if there is none, or more than one. */
export function findSession(
  name: string | undefined,
  hint = 'For a run on a control server, set --control-address',
): Session {
  const all = Session.all();
  const found = name === undefined ? all : all.filter((session) => matches(session, name));
  const exact = found.find(({ run }) => run.workflowId === name);
  const last = exact ?? found.at(-1);
  if (last && (exact || found.length === 1 || name === undefined)) return last;
  const known = all.map(({ run }) => run.workflowId).join(', ') || 'none';
  const problem =
    name === undefined
      ? 'there is no run on this machine'
      : found.length > 1
        ? `several runs match ${JSON.stringify(name)}`
        : `there is no run ${JSON.stringify(name)} on this machine`;
  throw new CliError(`${problem} (runs: ${known}). ${hint}`);
}

function matches({ run: { id, workflowId } }: Session, name: string): boolean {
  // A run ID is the workflow ID followed by a dash and 8 hexadecimal digits.
  return workflowId.startsWith(name) || id.startsWith(name) || name.startsWith(`${workflowId}-`);
}
