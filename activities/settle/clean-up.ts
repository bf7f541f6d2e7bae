import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { status } from '@grpc/grpc-js';
import pMap from 'p-map';
import type { CleanupResult, RunRef } from '../../orchestrator/activity-types';
import { ENDED_KEY, NAMESPACE_PREFIX, OWNER_KEY } from '../../orchestrator/names';
import type { TargetConnections } from '../../temporal/target-connections';
import { describeGrpcError, grpcCode, mayPass } from '../../temporal/grpc-errors';
import { withRetries } from '../../temporal/retry';
import { countRunning, runningQuery } from '../../temporal/target-counts';

type Owned = Pick<RunRef, 'runId' | 'namespace' | 'ownsNamespace'>;

/** The pause between two counts, in which visibility catches up. */
const PAUSE_MS = 300;
/** A cleanup ends after this time without progress. Milliseconds. */
const STALL_MS = 30_000;
/** How long a cleanup with progress may take: of a run, of a run that was aborted, and of `benchmark cleanup`. Milliseconds. */
const LONGEST_MS = 10 * 60_000;
const LONGEST_ABORTED_MS = 30_000;
const MAX_CONCURRENT = 20;

export function createCleanUp({ targets }: { targets: TargetConnections }) {
  return async function cleanUp(run: RunRef, deleteNamespace: boolean, isAborted?: boolean): Promise<CleanupResult> {
    const connection = await targets.get(run);
    const longestMs = isAborted ? LONGEST_ABORTED_MS : LONGEST_MS;
    const done = await cleanUpRun(connection, run, deleteNamespace, { pauseMs: PAUSE_MS, longestMs });
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
 * Terminates the running workflows of a run and counts until none is left, or until there is no progress for a while. A
 * server that is busy or throttles is asked again. Idempotent: repeating it, from any machine, leads to the same state (I9).
 */
export async function cleanUpRun(
  connection: Connection,
  run: Owned,
  deleteNamespace: boolean,
  times: CleanupTimes = { pauseMs: PAUSE_MS, longestMs: LONGEST_MS },
): Promise<CleanupResult> {
  const warnings: string[] = [];
  let terminated = 0;
  let stillRunning: number | null = null;
  let namespaceDeleted = false;
  try {
    const giveUpAt = performance.now() + STALL_MS;
    const isRegistered = await withRetries(
      async () => !run.ownsNamespace || (await isRegisteredByRun(connection, run)),
      {
        shouldRetry: (err) => mayPass(err) && performance.now() < giveUpAt,
        delayMs: () => times.pauseMs,
      },
    );
    if (!isRegistered) {
      // The namespace was never registered, or is already deleted: no workflow of the run can run there.
      return { complete: true, terminated: 0, stillRunning: 0, namespaceDeleted: false, warnings, commands: [] };
    }
    const found = await terminateAll(connection, run, times);
    ({ terminated, stillRunning } = found);
    if (found.failure !== undefined) warnings.push(`cleanup failed: ${describeGrpcError(found.failure)}`);
    if (found.haveClosed) {
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

/** The times of a cleanup, milliseconds: the pause between two counts, and the longest duration if it makes progress. */
export interface CleanupTimes {
  readonly pauseMs: number;
  readonly longestMs: number;
}

interface Terminated {
  readonly terminated: number;
  /** The last count; null if no count succeeded. */
  readonly stillRunning: number | null;
  /** Whether all workflows that the last count contains have closed. */
  readonly haveClosed: boolean;
  /** The error of the last attempt. */
  readonly failure?: unknown;
}

/** Terminates and counts until the count is 0, or until there is no progress for a while. Throws if nothing can be counted. */
async function terminateAll(
  connection: Connection,
  run: Owned,
  { pauseMs, longestMs }: CleanupTimes,
): Promise<Terminated> {
  const startedAt = performance.now();
  let progressAt = startedAt;
  let [terminated, lowest] = [0, Infinity];
  for (;;) {
    let stillRunning: number | null = null;
    let last = { terminated: 0, closed: 0 };
    let failure: unknown;
    try {
      stillRunning = await countRunning(connection, run);
      if (stillRunning === 0) return { terminated, stillRunning, haveClosed: false };
      ({ failure, ...last } = await terminateRunning(connection, run));
    } catch (err) {
      if (!mayPass(err) && stillRunning === null) throw err;
      if (!mayPass(err)) return { terminated, stillRunning, haveClosed: false, failure: err };
      failure = err;
    }
    terminated += last.terminated;
    const now = performance.now();
    if (last.terminated > 0 || (stillRunning ?? lowest) < lowest) progressAt = now;
    lowest = Math.min(lowest, stillRunning ?? lowest);
    if (now - progressAt >= STALL_MS || now - startedAt >= longestMs) {
      const haveClosed = stillRunning !== null && last.terminated === 0 && last.closed >= stillRunning;
      const left = stillRunning ?? (lowest === Infinity ? null : lowest);
      return { terminated, stillRunning: left, haveClosed, failure };
    }
    await sleep(pauseMs);
  }
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

/**
 * Terminates the workflows that are listed as running. Returns how many it terminated, how many had closed already, and the
 * last error that may be over a moment later.
 */
async function terminateRunning(connection: Connection, run: Owned) {
  const { executions } = await connection.workflowService.listWorkflowExecutions({
    namespace: run.namespace,
    query: runningQuery(run),
    pageSize: 1000,
  });
  let failure: unknown;
  const terminate = async ({ execution }: (typeof executions)[number]) => {
    try {
      await connection.workflowService.terminateWorkflowExecution({
        namespace: run.namespace,
        workflowExecution: execution,
        reason: `cleanup of benchmark ${run.runId}`,
      });
      return 'terminated';
    } catch (err) {
      // The workflow has closed since it was listed.
      if (grpcCode(err) === status.NOT_FOUND) return 'closed';
      if (!mayPass(err)) throw err;
      failure = err;
      return 'left';
    }
  };
  const outcomes = await pMap(executions, terminate, { concurrency: MAX_CONCURRENT });
  const count = (outcome: string) => outcomes.filter((one) => one === outcome).length;
  return { terminated: count('terminated'), closed: count('closed'), failure };
}

function deleteCommand({ namespace }: Owned): string {
  return `temporal operator namespace delete --namespace ${namespace} --yes`;
}

/** Returns the commands with which a person can finish the cleanup. */
function commandsFor(run: Owned): string[] {
  const terminate = `temporal workflow terminate --namespace ${run.namespace} --query "${runningQuery(run)}" --reason "benchmark cleanup" --yes`;
  return run.ownsNamespace ? [terminate, deleteCommand(run)] : [terminate];
}
