import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isServerOf } from '../machine/embedded-server';
import { DIST } from '../machine/paths';
import { isSupervised, Session, type SessionProcesses, type SessionRun } from '../machine/session';
import { CliError } from './errors';
import { restoredEnvironment } from './variables';

const STOP_CHECK_MS = 50;
const LOCK_CHECK_MS = 200;
/** The supervisor stops roles first, which may take 10 s each, and then the servers. */
const TERM_TIMEOUT_MS = 60_000;
const KILL_TIMEOUT_MS = 5000;

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

/**
 * Starts the processes of a local run: embedded servers and roles. They continue when this command ends. If they cannot be
 * started, or the signal is aborted first, nothing of them stays.
 */
export async function startLocalSession(
  options: LocalSessionOptions,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Session> {
  const startedAt = new Date().toISOString();
  const id = `${startedAt.replace(/\D/g, '').slice(0, 14)}-${randomBytes(3).toString('hex')}`;
  const session = Session.create(id);
  session.updateRun({ ...options, id, startedAt, started: false });
  session.watch();
  try {
    await startSupervisor(session, env, signal);
    return session;
  } catch (err) {
    await stopLocalSession(session);
    throw err;
  }
}

/** Reports whether the processes of a session are running. */
export function isRunning({ processes }: Session): boolean {
  return isSupervised(processes);
}

/**
 * Starts the supervisor of a session and waits until it is ready. Also restarts a session whose processes have stopped,
 * for example after a power failure: the run continues from its current step.
 */
export async function startSupervisor(session: Session, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  while (!session.lock()) {
    // Another command starts it.
    await sleep(LOCK_CHECK_MS);
    if (!session.exists) throw new CliError('another command has ended the run and removed it');
  }
  try {
    if (!isRunning(session)) await forkSupervisor(session, env, signal);
  } finally {
    session.unlock();
  }
}

async function forkSupervisor(session: Session, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<void> {
  const log = openSync(session.file('supervisor.log'), 'a');
  const child = fork(join(DIST, 'machine', 'session-supervisor.js'), [session.dir], {
    env: restoredEnvironment(session.run.environment, env),
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const ready = new Promise<void>((resolve, reject) => {
    signal?.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
    child.once('message', ({ ready, error, warning }: { ready?: boolean; error?: string; warning?: string }) => {
      for (const line of warning?.split('\n') ?? []) process.stderr.write(`Warning: ${line}\n`);
      if (ready) resolve();
      else reject(new CliError(error ?? 'the supervisor of the run could not start'));
    });
    child.once('exit', () => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const lastLines = readFileSync(session.file('supervisor.log'), 'utf8').slice(-1000);
      reject(new CliError(`the processes of the run could not start. The log ends with:\n${lastLines}`));
    });
  });
  await ready;
  child.removeAllListeners();
  if (child.connected) child.disconnect();
  child.unref();
}

/** Stops all processes of a session and removes its files. Signals only processes that are proved to be the session's. */
export async function stopLocalSession(session: Session): Promise<void> {
  await stopSupervisor(session.processes);
  stopOrphans(session);
  session.remove();
}

/** Ends the waiting of this process for a run. Stops the session if no other process waits for the run. */
export async function leaveLocalSession(session: Session): Promise<void> {
  if (!session.unwatch()) await stopLocalSession(session);
}

async function stopSupervisor(processes: SessionProcesses): Promise<void> {
  for (const [signal, withinMs] of [
    ['SIGTERM', TERM_TIMEOUT_MS],
    ['SIGKILL', KILL_TIMEOUT_MS],
  ] as const) {
    if (!isSupervised(processes)) return;
    process.kill(processes.supervisorPid, signal);
    const until = performance.now() + withinMs;
    while (isSupervised(processes) && performance.now() < until) await sleep(STOP_CHECK_MS);
  }
  if (isSupervised(processes))
    throw new CliError(`the supervisor of the run (pid ${processes.supervisorPid}) does not end, also after SIGKILL`);
}

/** Stops the servers of a supervisor that was killed. Role processes end by themselves without their supervisor. */
function stopOrphans({ processes: { pids, controlAddress, targetAddress } }: Session): void {
  for (const [name, address] of [
    ['control-server', controlAddress],
    ['target-server', targetAddress],
  ] as const) {
    const pid = pids[name];
    if (pid !== undefined && address !== undefined && isServerOf(pid, address)) process.kill(pid, 'SIGKILL');
  }
}
