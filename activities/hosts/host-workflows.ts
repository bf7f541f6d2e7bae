import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { AuditWindows, type AuditWindow } from '../../measurement/judging/audit-windows';
import type { HostInput, HostReport } from '../../orchestrator/activity-types';
import { isOver, isShutdown } from '../run-status';

export interface HostDeps {
  /** The script of the child process, compiled. */
  readonly script: string;
  readonly client: Client;
  /** Told where a host's process serves its metrics, and undefined when it is gone. */
  readonly onMetrics: (host: number, port: number | undefined) => void;
  readonly log: (message: string, fields: Record<string, unknown>) => void;
}

/** What the child says when it begins, who it is, and then once a second, how busy it was since. */
export type HostMessage = { readonly identity: string; readonly metricsPort?: number } | AuditWindow;

/** How long one sample stands for, milliseconds. */
export const SAMPLE_MS = 1000;
const STOP_WITHIN_MS = 10_000;
const ORPHAN_CHECK_MS = 15_000;

export function createHostWorkflows({ script, client, onMetrics, log }: HostDeps) {
  /** Runs a worker for the run's load workflows in a process of its own until it is cancelled or its run is over. */
  return async function hostWorkflows(input: HostInput): Promise<HostReport> {
    const context = Context.current();
    const { attempt } = context.info;
    const restarts = attempt - 1;
    const child = fork(script, [JSON.stringify({ ...input, attempt })], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const before = context.info.heartbeatDetails as HostReport | undefined;
    const windows = new AuditWindows(SAMPLE_MS, before?.windows);
    let identity = '';
    const report = (): HostReport => ({ host: input.host, identity, restarts, windows: windows.encode() });
    child.on('message', (message: HostMessage) => {
      if (!('identity' in message)) return windows.add(message);
      identity = message.identity;
      onMetrics(input.host, message.metricsPort);
      context.heartbeat(report());
    });
    const beat = setInterval(() => context.heartbeat(report()), 1000);
    const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
    log('host started', { host: input.host, pid: child.pid, restarts });
    let stopping = false;
    let shuttingDown = false;
    const stop = () => {
      stopping = true;
      if (child.connected) child.send('stop');
      // One that hangs must not keep its run from ending.
      setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS).unref();
    };
    context.cancellationSignal.addEventListener('abort', () => {
      shuttingDown = isShutdown(context.cancellationSignal);
      stop();
    });
    // A run that was terminated cannot say stop.
    const orphanCheck = setInterval(() => {
      isOver(client, input.run.workflowId).then(
        (over) => over && stop(),
        () => undefined,
      );
    }, ORPHAN_CHECK_MS);
    try {
      const [code, signal] = await exited;
      if (!stopping) {
        log('host died', { host: input.host, code, signal });
        throw ApplicationFailure.retryable(
          `host ${input.host} ended by itself (${signal ?? `exit code ${code}`})`,
          'HostDied',
        );
      }
      // The run still needs a host; only this machine's is going.
      if (shuttingDown) throw ApplicationFailure.retryable('the host role is shutting down', 'ShuttingDown');
      return report();
    } finally {
      clearInterval(beat);
      clearInterval(orphanCheck);
      onMetrics(input.host, undefined);
      if (child.exitCode === null) child.kill('SIGKILL');
    }
  };
}
