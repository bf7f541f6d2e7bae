import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIST } from '../machine/paths';
import { isAlive, Session, type SessionState } from '../machine/session';
import type { Connections } from './connection-options';
import { CliError } from './errors';

/** Starts what a run at home needs, detached: it outlives this command. */
export async function openHome(connections: Connections, lanes: number): Promise<Session> {
  const id = `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}-${randomBytes(3).toString('hex')}`;
  const session = Session.create(id);
  session.write({
    id,
    workflowId: '',
    lanes,
    supervisorPid: 0,
    pids: {},
    embeddedTarget: connections.target === undefined,
    watcherPid: process.pid,
    connectTimeoutMs: connections.connectTimeoutMs,
  });
  await startSupervisor(session, connections.env).catch((err: Error) => {
    session.remove();
    throw err;
  });
  return session;
}

/** Also brings a session back whose processes a power cut took: the run goes on from the step it was in. */
export async function startSupervisor(session: Session, env: NodeJS.ProcessEnv): Promise<SessionState> {
  const log = openSync(session.file('supervisor.log'), 'a');
  const child = fork(join(DIST, 'machine', 'session-supervisor.js'), [session.dir], {
    env,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  await new Promise<void>((resolve, reject) => {
    child.once('message', (message: { ready?: boolean; error?: string }) =>
      message.ready ? resolve() : reject(new CliError(message.error ?? 'unknown')),
    );
    child.once('exit', () =>
      reject(
        new CliError(
          `what a run needs could not be started; the log ends:\n${readFileSync(session.file('supervisor.log'), 'utf8').slice(-1000)}`,
        ),
      ),
    );
  });
  child.removeAllListeners();
  if (child.connected) child.disconnect();
  child.unref();
  return session.read();
}

/** Ends everything of a session and removes its files. */
export async function closeHome(session: Session): Promise<void> {
  const { supervisorPid } = session.read();
  if (isAlive(supervisorPid)) {
    process.kill(supervisorPid, 'SIGTERM');
    while (isAlive(supervisorPid)) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  session.remove();
}
