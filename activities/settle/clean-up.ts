import type { Connection } from '@temporalio/client';
import { status } from '@grpc/grpc-js';
import type { CleanupResult, RunRef } from '../../orchestrator/activity-types';
import { NAMESPACE_PREFIX, OWNER_KEY } from '../../orchestrator/names';
import type { TargetConnections } from '../../temporal/connections';
import { describeGrpcError, grpcCode } from '../../temporal/grpc-errors';
import { countRunning, runningQuery } from '../../temporal/target-counts';

type Owned = Pick<RunRef, 'runId' | 'namespace' | 'ownsNamespace'>;

/** Between looks at a count that visibility has yet to follow. */
const PAUSE_MS = 300;
/** How long the count may take to agree that nothing runs any more. */
const PROOF_MS = 30_000;
const AT_ONCE = 20;

export function createCleanUp({ targets }: { targets: TargetConnections }) {
  return async function cleanUp(run: RunRef, deleteNamespace: boolean): Promise<CleanupResult> {
    return await cleanUpRun(await targets.get(run.targetProfile), run, deleteNamespace);
  };
}

/**
 * Terminates what still runs of a run and proves by a count that nothing does. Idempotent: done again, from anywhere,
 * it comes to the same end (I9).
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
    if (run.ownsNamespace && !(await isOurs(connection, run))) {
      // Never registered, or deleted already: nothing of ours can run there.
      return { complete: true, terminated: 0, stillRunning: 0, namespaceDeleted: false, warnings, commands: [] };
    }
    const giveUpAt = Date.now() + PROOF_MS;
    while ((stillRunning = await countRunning(connection, run)) > 0 && Date.now() < giveUpAt) {
      terminated += await terminateRunning(connection, run);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  } catch (err) {
    warnings.push(`cleanup failed: ${describeGrpcError(err)}`);
  }
  const clean = stillRunning === 0;
  if (deleteNamespace && run.ownsNamespace && clean) {
    try {
      await connection.operatorService.deleteNamespace({ namespace: run.namespace });
      namespaceDeleted = true;
    } catch (err) {
      warnings.push(
        `the namespace ${run.namespace} could not be deleted: ${describeGrpcError(err)}; do it with: ${deleteCommand(run)}`,
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

/** Only a namespace that a run registered and marked is ever cleaned as a whole (R8.1, P11). */
async function isOurs(connection: Connection, { namespace, runId }: Owned): Promise<boolean> {
  if (!namespace.startsWith(NAMESPACE_PREFIX)) throw new Error(`${namespace} is not a namespace this tool registers`);
  try {
    const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace });
    return namespaceInfo?.data?.[OWNER_KEY] === runId;
  } catch (err) {
    if (grpcCode(err) === status.NOT_FOUND) return false;
    throw err;
  }
}

async function terminateRunning(connection: Connection, run: Owned): Promise<number> {
  const { executions } = await connection.workflowService.listWorkflowExecutions({
    namespace: run.namespace,
    query: runningQuery(run),
    pageSize: 1000,
  });
  let done = 0;
  for (let i = 0; i < executions.length; i += AT_ONCE) {
    const batch = executions.slice(i, i + AT_ONCE);
    const results = await Promise.allSettled(
      batch.map(({ execution }) =>
        connection.workflowService.terminateWorkflowExecution({
          namespace: run.namespace,
          workflowExecution: execution,
          reason: `cleanup of benchmark ${run.runId}`,
        }),
      ),
    );
    done += results.filter((result) => result.status === 'fulfilled').length;
    const failed = results.find(
      (result) => result.status === 'rejected' && grpcCode(result.reason) !== status.NOT_FOUND,
    );
    if (failed?.status === 'rejected') throw failed.reason;
  }
  return done;
}

function deleteCommand({ namespace }: Owned): string {
  return `temporal operator namespace delete --namespace ${namespace} --yes`;
}

/** What a person types to finish the job. */
function commandsFor(run: Owned): string[] {
  const terminate = `temporal workflow terminate --namespace ${run.namespace} --query "${runningQuery(run)}" --reason "benchmark cleanup" --yes`;
  return run.ownsNamespace ? [terminate, deleteCommand(run)] : [terminate];
}
