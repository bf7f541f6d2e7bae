import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { status } from '@grpc/grpc-js';
import pMap from 'p-map';
import type { CleanupResult, RunRef } from '../../orchestrator/activity-types';
import { ENDED_KEY, NAMESPACE_PREFIX, OWNER_KEY } from '../../orchestrator/names';
import type { TargetConnections } from '../../temporal/target-connections';
import { describeGrpcError, grpcCode } from '../../temporal/grpc-errors';
import { countRunning, runningQuery } from '../../temporal/target-counts';

type Owned = Pick<RunRef, 'runId' | 'namespace' | 'ownsNamespace'>;

/** The pause between two counts, in which visibility catches up. */
const PAUSE_MS = 300;
/** How long the count may take to reach 0. */
const COUNT_TIMEOUT_MS = 30_000;
const MAX_CONCURRENT = 20;

export function createCleanUp({ targets }: { targets: TargetConnections }) {
  return async function cleanUp(run: RunRef, deleteNamespace: boolean): Promise<CleanupResult> {
    const connection = await targets.get(run);
    const done = await cleanUpRun(connection, run, deleteNamespace);
    if (run.ownsNamespace && done.complete && !done.namespaceDeleted) await markEnded(connection, run);
    return done;
  };
}

/** Notes in the namespace that its run is over, for `benchmark cleanup`. A server may not permit it. */
async function markEnded({ workflowService }: Connection, { namespace }: Owned): Promise<void> {
  const data = { [ENDED_KEY]: new Date().toISOString() };
  await workflowService.updateNamespace({ namespace, updateInfo: { data } }).catch(() => undefined);
}

/**
 * Terminates the running workflows of a run and counts until none is left. Idempotent: repeating it, from any machine,
 * leads to the same state (I9).
 */
export async function cleanUpRun(
  connection: Connection,
  run: Owned,
  deleteNamespace: boolean,
  pauseMs = PAUSE_MS,
): Promise<CleanupResult> {
  const warnings: string[] = [];
  let terminated = 0;
  let stillRunning: number | null = null;
  let namespaceDeleted = false;
  try {
    if (run.ownsNamespace && !(await isRegisteredByRun(connection, run))) {
      // The namespace was never registered, or is already deleted: no workflow of the run can run there.
      return { complete: true, terminated: 0, stillRunning: 0, namespaceDeleted: false, warnings, commands: [] };
    }
    const giveUpAt = Date.now() + COUNT_TIMEOUT_MS;
    let last = { terminated: 0, closed: 0 };
    while ((stillRunning = await countRunning(connection, run)) > 0 && Date.now() < giveUpAt) {
      last = await terminateRunning(connection, run);
      terminated += last.terminated;
      await sleep(pauseMs);
    }
    if (stillRunning > 0 && last.terminated === 0 && last.closed >= stillRunning) {
      warnings.push(
        `the visibility of the server lags behind: it still lists ${stillRunning} workflows as running, but each of them has closed`,
      );
      stillRunning = 0;
    }
  } catch (err) {
    // No workflow can run in a namespace that does not exist.
    if (grpcCode(err) === status.NOT_FOUND && !(await exists(connection, run))) stillRunning = 0;
    else warnings.push(`cleanup failed: ${describeGrpcError(err)}`);
  }
  const clean = stillRunning === 0;
  if (deleteNamespace && run.ownsNamespace && clean) {
    try {
      await connection.operatorService.deleteNamespace({ namespace: run.namespace });
      namespaceDeleted = true;
    } catch (err) {
      warnings.push(
        `the namespace ${run.namespace} could not be deleted: ${describeGrpcError(err)}; delete it with: ${deleteCommand(run)}`,
      );
    }
  }
  return {
    complete: clean,
    terminated,
    stillRunning,
    namespaceDeleted,
    warnings,
    commands: clean ? [] : commandsFor(run),
  };
}

async function exists({ workflowService }: Connection, { namespace }: Owned): Promise<boolean> {
  return await workflowService.describeNamespace({ namespace }).then(
    () => true,
    (err: unknown) => grpcCode(err) !== status.NOT_FOUND,
  );
}

/**
 * Returns whether the namespace exists and this run registered it. All workflows of a namespace are terminated only if
 * the run registered and marked it (R8.1, P11).
 */
async function isRegisteredByRun(connection: Connection, { namespace, runId }: Owned): Promise<boolean> {
  if (!namespace.startsWith(NAMESPACE_PREFIX))
    throw new Error(
      `the namespace ${namespace} was not registered by this tool: its name does not begin with ${NAMESPACE_PREFIX}`,
    );
  try {
    const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace });
    return namespaceInfo?.data?.[OWNER_KEY] === runId;
  } catch (err) {
    if (grpcCode(err) === status.NOT_FOUND) return false;
    throw err;
  }
}

/** Terminates the workflows that are listed as running. Returns how many it terminated, and how many had closed already. */
async function terminateRunning(connection: Connection, run: Owned) {
  const { executions } = await connection.workflowService.listWorkflowExecutions({
    namespace: run.namespace,
    query: runningQuery(run),
    pageSize: 1000,
  });
  const terminate = async ({ execution }: (typeof executions)[number]) => {
    try {
      await connection.workflowService.terminateWorkflowExecution({
        namespace: run.namespace,
        workflowExecution: execution,
        reason: `cleanup of benchmark ${run.runId}`,
      });
      return true;
    } catch (err) {
      // The workflow has closed since it was listed.
      if (grpcCode(err) === status.NOT_FOUND) return false;
      throw err;
    }
  };
  const outcomes = await pMap(executions, terminate, { concurrency: MAX_CONCURRENT });
  const terminated = outcomes.filter(Boolean).length;
  return { terminated, closed: outcomes.length - terminated };
}

function deleteCommand({ namespace }: Owned): string {
  return `temporal operator namespace delete --namespace ${namespace} --yes`;
}

/** Returns the commands with which a person can finish the cleanup. */
function commandsFor(run: Owned): string[] {
  const terminate = `temporal workflow terminate --namespace ${run.namespace} --query "${runningQuery(run)}" --reason "benchmark cleanup" --yes`;
  return run.ownsNamespace ? [terminate, deleteCommand(run)] : [terminate];
}
