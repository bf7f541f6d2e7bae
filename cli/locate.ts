import { Client, type Connection } from '@temporalio/client';
import { checkFrontend } from '../temporal/check-frontend';
import { connect } from '../temporal/connections';
import type { RunOutcome } from '../machine/await-run';
import { Session } from '../machine/session';
import type { Supervisor } from '../machine/supervisor';
import { CONTROL_NAMESPACE } from '../orchestrator/names';
import type { Connections } from './connection-options';
import { CliError } from './errors';
import { isRunning, startSupervisor } from './local-session';

/** A run and the line to the control server it lives on. */
export interface LocatedRun {
  readonly workflowId: string;
  readonly client: Client;
  readonly connection: Connection;
  /** What runs for it on this machine, if it is a run at home. */
  readonly session?: Session;
  /** Roles that this process runs for it. */
  readonly roles?: Supervisor;
}

export interface Located {
  readonly run?: LocatedRun;
  /** The run is over, and this is what it left. */
  readonly left?: { readonly outcome: RunOutcome; readonly session: Session };
}

/**
 * Finds a run by its workflow id, its run id or the beginning of either: on the given control server, or else among
 * the runs of this machine. Without a name, the latest of this machine.
 *
 * @param revive start what a run at home needs if its processes are gone
 */
export async function locate(name: string | undefined, connections: Connections, revive: boolean): Promise<Located> {
  if (connections.control) {
    if (name === undefined) throw new CliError('Give the workflow id of the run; benchmark list shows them.');
    return { run: { workflowId: name, ...(await connectControl(connections)) } };
  }
  const session = findSession(name);
  const outcome = session.savedOutcome();
  if (outcome) return { left: { outcome, session } };
  if (!isRunning(session)) {
    if (!revive) throw new CliError(`${session.run.workflowId} was interrupted: nothing of it runs. ${hint(session)}`);
    process.stderr.write(`${session.run.workflowId} was interrupted; bringing it back.\n`);
    await startSupervisor(session, connections.env);
  }
  const address = session.processes.controlAddress!;
  const connection = await connect({ address, options: { address } });
  const client = new Client({ connection, namespace: CONTROL_NAMESPACE });
  return { run: { workflowId: session.run.workflowId, client, connection, session } };
}

function hint({ run: { workflowId } }: Session): string {
  return `benchmark watch ${workflowId} goes on with it; benchmark cleanup ${workflowId} discards it.`;
}

export async function connectControl({
  control,
  connectTimeoutMs,
}: Connections): Promise<{ client: Client; connection: Connection }> {
  await checkFrontend(control!, connectTimeoutMs);
  const connection = await connect(control!, connectTimeoutMs);
  return { connection, client: new Client({ connection, namespace: control!.namespace || CONTROL_NAMESPACE }) };
}

export function findSession(name: string | undefined): Session {
  const all = Session.all();
  const found = name === undefined ? all : all.filter((session) => matches(session, name));
  const exact = found.find(({ run }) => run.workflowId === name);
  const last = exact ?? found.at(-1);
  if (last && (exact || found.length === 1 || name === undefined)) return last;
  const known = all.map(({ run }) => run.workflowId).join(', ') || 'none';
  const what =
    name === undefined
      ? 'There is no run on this machine'
      : found.length > 1
        ? `${name} fits several runs`
        : `There is no run ${name} on this machine`;
  throw new CliError(`${what} (runs here: ${known}). For one on another control server, give --control-address.`);
}

function matches({ run: { id, workflowId } }: Session, name: string): boolean {
  // A run id is the workflow id and 8 hex more.
  return workflowId.startsWith(name) || id.startsWith(name) || name.startsWith(`${workflowId}-`);
}
