import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isServerOf } from '../machine/embedded-server';
import { DIST } from '../machine/paths';
import { isAlive, Session, type SessionRun } from '../machine/session';
import { CliError } from './errors';

export type LocalSessionOptions = Pick<
  SessionRun,
  | 'workflowId'
  | 'summary'
  | 'lanes'
  | 'hosts'
  | 'connectTimeoutMs'
  | 'environment'
  | 'embeddedTarget'
  | 'metricsAddress'
> & { readonly targetDatabase?: string; readonly targetDynamicConfig?: readonly string[] };

/** Starts what a run at home needs, detached: it outlives this command. */
export async function startLocalSession(options: LocalSessionOptions, env: NodeJS.ProcessEnv): Promise<Session> {
  const startedAt = new Date().toISOString();
  const id = `${startedAt.replace(/\D/g, '').slice(0, 14)}-${randomBytes(3).toString('hex')}`;
  const session = Session.create(id);
  session.updateRun({ ...options, id, startedAt, started: false, watcherPid: process.pid });
  await startSupervisor(session, env).catch(async (err: Error) => {
    await stopLocalSession(session);
    throw err;
  });
  return session;
}

/** Whether what a session's run needs is up. */
export function isRunning({ processes }: Session): boolean {
  return isAlive(processes.supervisorPid);
}

/**
 * Also brings a session back whose processes a power cut took: the run goes on from the step it was in.
 */
export async function startSupervisor(session: Session, env: NodeJS.ProcessEnv): Promise<void> {
  const log = openSync(session.file('supervisor.log'), 'a');
  const child = fork(join(DIST, 'machine', 'session-supervisor.js'), [session.dir], {
    env: { ...session.run.environment, ...env },
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  await new Promise<void>((resolve, reject) => {
    child.once('message', ({ ready, error, warning }: { ready?: boolean; error?: string; warning?: string }) => {
      if (warning !== undefined) process.stderr.write(`Warning: ${warning}\n`);
      if (ready) resolve();
      else reject(new CliError(error ?? 'the supervisor could not start'));
    });
    child.once('exit', () => {
      const lastWords = readFileSync(session.file('supervisor.log'), 'utf8').slice(-1000);
      reject(new CliError(`what a run needs could not be started; the log ends:\n${lastWords}`));
    });
  });
  child.removeAllListeners();
  if (child.connected) child.disconnect();
  child.unref();
}

/** Ends everything of a session and removes its files. */
export async function stopLocalSession(session: Session): Promise<void> {
  const { supervisorPid } = session.processes;
  if (isAlive(supervisorPid)) {
    process.kill(supervisorPid, 'SIGTERM');
    while (isAlive(supervisorPid)) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  stopOrphans(session);
  session.remove();
}

/** Servers whose supervisor was killed; role processes end by themselves when theirs is gone. */
function stopOrphans({ processes: { pids, controlAddress, targetAddress } }: Session): void {
  for (const [name, address] of [
    ['control-server', controlAddress],
    ['target-server', targetAddress],
  ] as const) {
    const pid = pids[name];
    if (pid !== undefined && address !== undefined && isServerOf(pid, address)) process.kill(pid, 'SIGKILL');
  }
}
