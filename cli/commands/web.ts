import { setTimeout as sleep } from 'node:timers/promises';
import type { ArgumentsCamelCase, Argv } from 'yargs';
import { awaitRun, type RunOutcome } from '../../machine/await-run';
import { readConnections, withControlOptions } from '../connection-options';
import { refuseWithoutControl } from '../effects';
import { messageOf } from '../errors';
import { LivePage } from '../live-page';
import { locate, type LocatedRun } from '../locate';
import { RunWatch } from '../run-watch';
import { webAddress, withWebAddress } from '../web-options';

export const command = 'web [run]';
export const describe = 'Serve a live page of a run until Ctrl-C, which does not affect the run';

const SESSION_CHECK_MS = 1000;

export function builder(yargs: Argv) {
  return withWebAddress(withControlOptions(yargs)).positional('run', {
    type: 'string',
    describe: 'Workflow ID of the run (default: the latest run on this machine)',
  });
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const address = webAddress(argv);
  const connections = readConnections(argv);
  refuseWithoutControl(connections.control !== undefined, argv);
  const { run, ended } = await locate(argv.run as string | undefined, connections, false);
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());
  const page = await LivePage.open(address);
  if (ended) page.announce();
  const outcome = ended?.outcome ?? (await showUntilEnd(run!, page, interrupted.signal));
  if (outcome) {
    page.end(outcome);
    process.stderr.write('The run has ended. The page shows its result until Ctrl-C.\n');
    await untilAborted(interrupted.signal);
  }
  await page.close();
  return 0;
}

/** Shows a run until it ends; returns undefined if the signal is aborted first. */
async function showUntilEnd(run: LocatedRun, page: LivePage, signal: AbortSignal): Promise<RunOutcome | undefined> {
  const watch = new RunWatch(run.client, run.workflowId);
  page.follow(watch);
  const watching = watch.run();
  const outcome = await Promise.race([
    awaitRun(run.client, run.workflowId).catch((err): RunOutcome => ({ error: messageOf(err) })),
    endedElsewhere(run, signal),
    untilAborted(signal),
  ]);
  watch.stop();
  await watching;
  await run.connection.close();
  return outcome ?? undefined;
}

/** Resolves if another command has ended a local run and stopped its control server. */
async function endedElsewhere({ session, workflowId }: LocatedRun, signal: AbortSignal): Promise<RunOutcome> {
  for (;;) {
    await sleep(SESSION_CHECK_MS, undefined, { signal }).catch(() => undefined);
    if (session === undefined || signal.aborted) return await new Promise(() => undefined);
    if (!session.exists) return { error: `the run ${workflowId} was ended and removed by another command` };
    const outcome = session.savedOutcome();
    if (outcome) return outcome;
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await sleep(60_000, undefined, { signal }).catch(() => undefined);
}
