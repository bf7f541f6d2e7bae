import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Client } from '@temporalio/client';
import { awaitOutcome, type RunOutcome } from '../machine/outcome';
import { BAD_SPEC } from '../orchestrator/benchmark-types';
import { abortUpdate } from '../orchestrator/messages';
import { EXIT } from '../report/exit-codes';
import { renderText } from '../report/text';
import { LiveView } from './live-view';

export interface OutputOptions {
  /** Folder of result.json. */
  readonly out: string;
  readonly json: boolean;
}

/** Watches a run to its end. Ctrl-C once aborts it, with a report; twice leaves it and says how to clean up. */
export async function follow(client: Client, workflowId: string): Promise<RunOutcome> {
  const view = new LiveView(client, workflowId);
  let interrupts = 0;
  const interrupt = () => {
    interrupts += 1;
    if (interrupts > 1) {
      view.stop();
      process.stderr.write(
        `Left ${workflowId} to itself. It goes on; to see it end: benchmark watch ${workflowId}; to clean up by hand: benchmark cleanup\n`,
      );
      process.exit(EXIT.interrupted);
    }
    process.stderr.write('\nAborting: the run cleans up and reports. Ctrl-C again leaves at once.\n');
    client.workflow
      .getHandle(workflowId)
      .executeUpdate(abortUpdate, { args: [{ reason: 'interrupted by Ctrl-C' }] })
      .catch((err: Error) => process.stderr.write(`The abort was not taken: ${err.message}\n`));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const showing = view.run();
  try {
    return await awaitOutcome(client, workflowId);
  } finally {
    view.stop();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    void showing;
  }
}

/** Writes and prints what came out; returns the exit code. */
export function report(outcome: RunOutcome, { out, json }: OutputOptions): number {
  const { result, error, failureType } = outcome;
  if (!result) {
    process.stderr.write(`${error ?? 'the run ended without a result'}\n`);
    if (json) process.stdout.write(`${JSON.stringify({ error })}\n`);
    return failureType === BAD_SPEC ? EXIT.badConfiguration : EXIT.error;
  }
  mkdirSync(out, { recursive: true });
  const file = resolve(join(out, 'result.json'));
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${renderText(result, file)}\n`);
  return result.exitCode;
}
