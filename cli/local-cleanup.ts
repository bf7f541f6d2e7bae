import { setTimeout as sleep } from 'node:timers/promises';
import { cleanUpRun } from '../activities/settle/clean-up';
import { awaitRun } from '../machine/await-run';
import type { Session } from '../machine/session';
import type { CleanupResult, RunRef } from '../orchestrator/activity-types';
import { abortUpdate } from '../orchestrator/messages';
import { EXIT } from '../report/exit-codes';
import { connect, resolveTarget } from '../temporal/connections';
import { describeGrpcError } from '../temporal/grpc-errors';
import { isRunning, stopLocalSession } from './local-session';
import { connectSession } from './locate';
import { restoredEnvironment } from './variables';

/** An aborted run cleans up and reports within a minute. */
const ABORT_MS = 90_000;

/**
 * Ends a run on this machine: its workflows on a target of the user's, its processes and its files. Returns the exit code:
 * not 0 if workflows may still run on the target.
 */
export async function cleanUpLocalRun(session: Session): Promise<number> {
  const { workflowId, onTarget } = session.run;
  const hasEnded = session.savedOutcome() !== undefined;
  const aborted = onTarget && !hasEnded && isRunning(session) ? await abort(session) : undefined;
  const environment = restoredEnvironment(session.run.environment, process.env);
  await stopLocalSession(session);
  process.stdout.write(`${workflowId}: its processes were stopped and its files removed.\n`);
  if (onTarget === undefined || hasEnded) return EXIT.passed;
  return report(onTarget, aborted?.complete ? aborted : await cleanUpTarget(onTarget, environment));
}

/** Aborts a run and waits for its own cleanup. Returns undefined if it does not answer in time. */
async function abort(session: Session): Promise<CleanupResult | undefined> {
  const { workflowId } = session.run;
  try {
    const { client, connection } = await connectSession(session);
    try {
      const request = client.workflow.getHandle(workflowId).executeUpdate(abortUpdate, {
        args: [{ reason: 'ended by benchmark cleanup' }],
      });
      request.catch(() => undefined);
      const ended = awaitRun(client, workflowId);
      ended.catch(() => undefined);
      const outcome = await Promise.race([ended, sleep(ABORT_MS, undefined, { ref: false })]);
      return outcome?.result?.cleanup ?? undefined;
    } finally {
      await connection.close();
    }
  } catch {
    return undefined;
  }
}

async function cleanUpTarget(run: RunRef, environment: NodeJS.ProcessEnv): Promise<CleanupResult> {
  try {
    const connection = await connect(resolveTarget(run.targetProfile, environment));
    try {
      return await cleanUpRun(connection, run, false);
    } finally {
      await connection.close();
    }
  } catch (err) {
    const warnings = [`the target could not be cleaned up: ${describeGrpcError(err)}`];
    const commands = [
      `benchmark cleanup ${run.ownsNamespace ? run.namespace : `${run.runId} -n ${run.namespace}`} --address …`,
    ];
    return { complete: false, terminated: 0, stillRunning: null, namespaceDeleted: false, warnings, commands };
  }
}

function report(
  { namespace }: RunRef,
  { complete, terminated, namespaceDeleted, warnings, commands }: CleanupResult,
): number {
  if (complete)
    process.stdout.write(
      `${namespace}: ${terminated} workflows terminated${namespaceDeleted ? ', namespace deleted' : ''}\n`,
    );
  for (const warning of warnings) process.stderr.write(`Warning: ${warning}\n`);
  for (const line of commands) process.stderr.write(`To finish the cleanup: ${line}\n`);
  return complete ? EXIT.passed : EXIT.cleanupIncomplete;
}
