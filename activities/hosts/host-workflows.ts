import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { AuditWindows, type AuditWindow } from '../../measurement/judging/audit-windows';
import type { HostInput, HostReport } from '../../orchestrator/activity-types';
import type { TargetConnections } from '../../temporal/target-connections';
import { controlClock, type Clock } from '../control-clock';
import { isWorkerShutdown } from '../worker-shutdown';
import { isRunClosed } from './run-closed';

export interface HostDeps {
  readonly targets: TargetConnections;
  /** The compiled script of the host process. */
  readonly script: string;
  readonly client: Client;
  /** Receives the port on which a host's process serves its metrics; undefined when the process has ended. */
  readonly onMetrics: (host: number, port: number | undefined) => void;
  readonly log: (message: string, fields: Record<string, unknown>) => void;
}

/** A message from the host process: first its identity, then once per second how busy it was. */
export type HostMessage = { readonly identity: string; readonly metricsPort?: number } | AuditWindow;

/** The time that one sample of a host's utilization covers, milliseconds. */
export const SAMPLE_MS = 1000;
const STOP_TIMEOUT_MS = 10_000;
/** How often a host checks whether its run still exists. */
const ORPHAN_CHECK_MS = 15_000;

export function createHostWorkflows({ targets, script, client, onMetrics, log }: HostDeps) {
  /** Runs a worker for the run's load workflows in a child process, until the activity is canceled or the run closes. Throws OtherCluster if this machine has another target. */
  return async function hostWorkflows(input: HostInput): Promise<HostReport> {
    const context = Context.current();
    const { attempt } = context.info;
    const restarts = attempt - 1;
    // The child has the environment of this process, and so the same target.
    await targets.get(input.run);
    const child = fork(script, [JSON.stringify({ ...input, attempt })], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const previous = context.info.heartbeatDetails as HostReport | undefined;
    const windows = new AuditWindows(SAMPLE_MS, previous?.windows);
    let identity = '';
    const report = (): HostReport => ({ host: input.host, identity, restarts, windows: windows.encode() });
    let now: Clock | undefined;
    void controlClock(client, report()).then((clock) => (now = clock));
    child.on('message', (message: HostMessage) => {
      if (!('identity' in message)) {
        // Holds are on the control server's clock. The host's process has the clock of this machine.
        if (now) windows.add({ ...message, startMs: message.startMs + now() - Date.now() });
        return;
      }
      identity = message.identity;
      onMetrics(input.host, message.metricsPort);
      context.heartbeat(report());
    });
    const heartbeatTimer = setInterval(() => context.heartbeat(report()), 1000);
    const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
    log('host started', { host: input.host, pid: child.pid, restarts });
    let stopping = false;
    let shuttingDown = false;
    const stop = () => {
      stopping = true;
      if (child.connected) child.send('stop');
      // A host that hangs must not delay the end of its run.
      setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS).unref();
    };
    context.cancellationSignal.addEventListener('abort', () => {
      shuttingDown = isWorkerShutdown(context.cancellationSignal);
      stop();
    });
    // A run that was terminated does not stop its hosts.
    const orphanTimer = setInterval(() => {
      isRunClosed(client, input.run).then(
        (closed) => closed && stop(),
        () => undefined,
      );
    }, ORPHAN_CHECK_MS);
    try {
      const [code, signal] = await exited;
      if (!stopping) {
        log('host died', { host: input.host, code, signal });
        throw ApplicationFailure.retryable(
          `host ${input.host} exited unexpectedly (${signal ?? `exit code ${code}`})`,
          'HostDied',
        );
      }
      // The run still needs this host: the retry starts it on another machine.
      if (shuttingDown) throw ApplicationFailure.retryable('the host role is shutting down', 'ShuttingDown');
      return report();
    } finally {
      clearInterval(heartbeatTimer);
      clearInterval(orphanTimer);
      onMetrics(input.host, undefined);
      if (child.exitCode === null) child.kill('SIGKILL');
    }
  };
}
