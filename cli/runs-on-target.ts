import type { Connection } from '@temporalio/client';
import {
  ENDED_KEY,
  isLoadWorkflowId,
  laneQueueOf,
  NAMESPACE_PREFIX,
  OWNER_KEY,
  workflowIdPrefix,
  workloadQueueOf,
} from '../orchestrator/names';
import { serverTimeMs } from '../temporal/server-clock';
import { runningQuery } from '../temporal/target-counts';

/** What a run has on a target. */
export interface RunOnTarget {
  readonly runId: string;
  readonly namespace: string;
  /** Whether the run registered the namespace. */
  readonly ownsNamespace: boolean;
  /** Whether the run has noted in its namespace that it is over. */
  readonly hasEnded: boolean;
}

/** How long after the last poll of its workers a run may be in progress. A long poll lasts up to a minute. */
const POLL_MS = 75_000;
/** How many of the last workflows are read to find the task queues of a run. */
const LAST_WORKFLOWS = 20;

/** Returns the namespaces that a run has registered: they contain its ID in their data and in their name (R8.1). */
export async function markedNamespaces({ workflowService }: Connection): Promise<RunOnTarget[]> {
  const found: RunOnTarget[] = [];
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const page = await workflowService.listNamespaces({ pageSize: 200, nextPageToken });
    for (const { namespaceInfo } of page.namespaces) {
      const { data, name: namespace = '' } = namespaceInfo ?? {};
      const runId = data?.[OWNER_KEY];
      if (runId && namespace === `${NAMESPACE_PREFIX}${runId}`)
        found.push({ runId, namespace: namespace ?? '', ownsNamespace: true, hasEnded: data[ENDED_KEY] !== undefined });
    }
    nextPageToken = page.nextPageToken ?? new Uint8Array();
  } while (nextPageToken.length > 0);
  return found;
}

/**
 * Returns the workflows of a run in a namespace that it shares with others: whether there are any, and those that run and
 * have an ID that no run of this tool gives.
 */
export async function workflowsInShared(
  { workflowService }: Connection,
  run: RunOnTarget,
): Promise<{ readonly exist: boolean; readonly foreign: readonly string[] }> {
  const { namespace, runId } = run;
  const query = `WorkflowId STARTS_WITH '${workflowIdPrefix(runId)}'`;
  const any = await workflowService.listWorkflowExecutions({ namespace, query, pageSize: 1 });
  const ids = new Set(any.executions.map(({ execution }) => execution?.workflowId ?? ''));
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const page = await workflowService.listWorkflowExecutions({
      namespace,
      query: runningQuery(run),
      pageSize: 1000,
      nextPageToken,
    });
    for (const { execution } of page.executions) ids.add(execution?.workflowId ?? '');
    nextPageToken = page.nextPageToken ?? new Uint8Array();
  } while (nextPageToken.length > 0);
  return { exist: ids.size > 0, foreign: [...ids].filter((id) => !isLoadWorkflowId(id, runId)) };
}

/**
 * Returns how long ago a worker polled a task queue of the run, milliseconds, if that is so recent that the run may be in
 * progress; undefined otherwise.
 */
export async function lastPollMs(connection: Connection, run: RunOnTarget): Promise<number | undefined> {
  if (run.hasEnded) return undefined;
  const { workflowService } = connection;
  const { namespace, runId, ownsNamespace } = run;
  const query = ownsNamespace ? '' : `WorkflowId STARTS_WITH '${workflowIdPrefix(runId)}'`;
  const { executions } = await workflowService.listWorkflowExecutions({ namespace, query, pageSize: LAST_WORKFLOWS });
  const queue = workloadQueueOf(runId);
  const used = executions.map(({ taskQueue }) => taskQueue ?? '');
  // The workflows of a shared namespace may have a task queue that the workers of others poll too.
  const own = used.filter((name) => (ownsNamespace ? name !== '' : name.startsWith(queue)));
  const names = [...new Set([queue, laneQueueOf(queue, '1', 1, 0), ...own])];
  const polls = await Promise.all(
    names.map(async (name) => (await workflowService.describeTaskQueue({ namespace, taskQueue: { name } })).pollers),
  );
  const times = polls.flat().map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000);
  if (times.length === 0) return undefined;
  // The times are the server's, and the clock of this machine may be minutes off.
  const nowMs = await serverTimeMs(connection, namespace);
  const age = Math.max(0, (nowMs ?? Date.now()) - Math.max(...times));
  // The server forgets a worker after five minutes, so one that it knows may poll if its clock is unknown.
  return age < POLL_MS || nowMs === undefined ? age : undefined;
}
