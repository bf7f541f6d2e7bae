import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { HostInput, HostReport } from '../orchestrator/contract';

export interface HostDeps {
  /** The script of the child process, compiled. */
  readonly script: string;
  readonly log: (message: string, fields: Record<string, unknown>) => void;
}

/** What the child says once a second. */
export type HostSample = Pick<HostReport, 'identity' | 'eventLoopUtilization' | 'slotsExhaustedShare'>;

export function createHostWorkflows({ script, log }: HostDeps) {
  /** Runs a worker for the run's load workflows in a process of its own until it is cancelled. */
  return async function hostWorkflows(input: HostInput): Promise<HostReport> {
    const context = Context.current();
    const restarts = context.info.attempt - 1;
    const child = fork(script, [JSON.stringify({ ...input, attempt: context.info.attempt })], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let report: HostReport = {
      host: input.host,
      identity: 'starting',
      eventLoopUtilization: 0,
      slotsExhaustedShare: 0,
      restarts,
    };
    child.on('message', (sample: HostSample) => (report = { ...report, ...sample }));
    const beat = setInterval(() => context.heartbeat(report), 1000);
    const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
    log('host started', { host: input.host, pid: child.pid, restarts });
    context.cancellationSignal.addEventListener('abort', () => child.connected && child.send('stop'));
    try {
      const [code, signal] = await exited;
      if (!context.cancellationSignal.aborted) {
        log('host died', { host: input.host, code, signal });
        throw ApplicationFailure.retryable(
          `host ${input.host} ended by itself (${signal ?? `exit code ${code}`})`,
          'HostDied',
        );
      }
      return report;
    } finally {
      clearInterval(beat);
      if (child.exitCode === null) child.kill('SIGKILL');
    }
  };
}
