import type { Connection } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { CountWindow, RunRef, ServerCounts } from '../orchestrator/activity-types';
import { TOMBSTONE, workflowIdPrefix } from '../orchestrator/names';

/** Matches top-level workflows of the load: a chain of runs counts once, by its last run; tombstones do not count (I2). */
const TOP_LEVEL = `ParentWorkflowId IS NULL AND ExecutionStatus != 'ContinuedAsNew' AND WorkflowType != '${TOMBSTONE}'`;

const STATUS_FIELDS = {
  Running: 'open',
  Completed: 'completed',
  Failed: 'failed',
  Canceled: 'canceled',
  Terminated: 'terminated',
  TimedOut: 'timedOut',
} as const;

/** Returns the server's count of the workflows whose ids begin with a prefix, by status. */
export async function countByStatus(
  connection: Connection,
  namespace: string,
  idPrefix: string,
): Promise<ServerCounts> {
  const query = `${TOP_LEVEL} AND WorkflowId STARTS_WITH '${idPrefix}' GROUP BY ExecutionStatus`;
  const { groups } = await connection.workflowService.countWorkflowExecutions({ namespace, query });
  const counts = { total: 0, completed: 0, failed: 0, canceled: 0, terminated: 0, timedOut: 0, open: 0 };
  for (const { groupValues, count } of groups) {
    const status = defaultPayloadConverter.fromPayload<keyof typeof STATUS_FIELDS>(groupValues![0]!);
    counts[STATUS_FIELDS[status] ?? 'open'] += Number(count);
    counts.total += Number(count);
  }
  return counts;
}

/**
 * Returns the ids that begin with a prefix, from the server's visibility, and whether the list is complete.
 *
 * @param beforePage awaited before each page, which is one visibility call
 * @param condition a further condition, e.g. `ExecutionStatus = 'Running'`
 */
export async function listIds(
  connection: Connection,
  namespace: string,
  idPrefix: string,
  maxPages: number,
  beforePage: () => Promise<void>,
  condition?: string,
): Promise<{ readonly ids: ReadonlySet<string>; readonly complete: boolean }> {
  const ids = new Set<string>();
  let nextPageToken: Uint8Array = new Uint8Array();
  for (let page = 0; page < maxPages; page += 1) {
    await beforePage();
    const reply = await connection.workflowService.listWorkflowExecutions({
      namespace,
      query: `${TOP_LEVEL} AND WorkflowId STARTS_WITH '${idPrefix}'${condition ? ` AND ${condition}` : ''}`,
      pageSize: 1000,
      nextPageToken,
    });
    for (const { execution } of reply.executions) ids.add(execution!.workflowId!);
    nextPageToken = reply.nextPageToken ?? new Uint8Array();
    if (nextPageToken.length === 0) return { ids, complete: true };
  }
  return { ids, complete: false };
}

/** Returns how many workflows of a run completed within a window of the server's clock. */
export async function countCompletedBetween(
  connection: Connection,
  run: RunRef,
  { fromMs, toMs, workflowTypes }: CountWindow,
): Promise<number> {
  const types = workflowTypes ? ` AND WorkflowType IN (${workflowTypes.map((type) => `'${type}'`).join(', ')})` : '';
  const [from, to] = [new Date(fromMs).toISOString(), new Date(toMs).toISOString()];
  const query = `${TOP_LEVEL} AND WorkflowId STARTS_WITH '${workflowIdPrefix(run.runId)}' AND ExecutionStatus = 'Completed' AND CloseTime >= '${from}' AND CloseTime < '${to}'${types}`;
  return Number((await connection.workflowService.countWorkflowExecutions({ namespace: run.namespace, query })).count);
}

/** Returns the query for a run's open workflows: all of the namespace if the run owns it, otherwise those with its ids. */
export function runningQuery(run: Pick<RunRef, 'runId' | 'ownsNamespace'>): string {
  const own = run.ownsNamespace ? '' : ` AND WorkflowId STARTS_WITH '${workflowIdPrefix(run.runId)}'`;
  return `ExecutionStatus = 'Running'${own}`;
}

/** Returns the server's count of a run's open workflows. */
export async function countRunning(
  connection: Connection,
  run: Pick<RunRef, 'runId' | 'ownsNamespace' | 'namespace'>,
): Promise<number> {
  return Number(
    (await connection.workflowService.countWorkflowExecutions({ namespace: run.namespace, query: runningQuery(run) }))
      .count,
  );
}
