import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, Connection } from '@temporalio/client';
import { BENCHMARK_RUN, CAPACITY_SEARCH } from '../../orchestrator/benchmark-types';
import { progressQuery, type Phase } from '../../orchestrator/messages';
import type { Clock } from '../control-clock';

/** How long a run waits for older runs to take their generators. */
const TIMEOUT_MS = 30_000;
const CHECK_MS = 500;
const CALL_TIMEOUT_MS = 3000;
const OPEN_RUNS = `WorkflowType IN ('${BENCHMARK_RUN}', '${CAPACITY_SEARCH}') AND ExecutionStatus = 'Running'`;
/** The phases in which a run has no generators yet. */
const GETTING_READY: readonly Phase[] = ['starting', 'health', 'namespace', 'system', 'hosts'];

interface OtherRun {
  readonly workflowId: string;
  readonly startTime: Date;
}

/**
 * Waits until every run that was started before this one on the same control server has taken its generators. Two runs
 * that count the free ones at the same time would count the same ones. Returns the workflow ids of the other open runs.
 *
 * @param clock returns the control server's clock, on which runs begin their load
 */
export async function awaitOlderRuns(
  client: Client,
  workflowId: string,
  clock: () => Promise<Clock>,
): Promise<string[]> {
  const giveUpAt = performance.now() + TIMEOUT_MS;
  let now: Clock | undefined;
  for (;;) {
    const others = await otherRuns(client, workflowId).catch(() => []);
    const older = others.filter(({ isOlder }) => isOlder);
    if (older.length > 0) now ??= await clock();
    const areReady = await Promise.all(older.map((run) => hasGenerators(client, run, now!)));
    if (areReady.every(Boolean) || performance.now() > giveUpAt) return others.map((run) => run.workflowId);
    await sleep(CHECK_MS);
  }
}

async function otherRuns(client: Client, workflowId: string): Promise<(OtherRun & { isOlder: boolean })[]> {
  const others: OtherRun[] = [];
  for await (const run of client.workflow.list({ query: OPEN_RUNS }))
    if (run.workflowId !== workflowId) others.push(run);
  if (others.length === 0) return [];
  const own = await client.workflow.getHandle(workflowId).describe();
  const orderOf = ({ startTime, workflowId: id }: OtherRun) => `${startTime.toISOString()} ${id}`;
  return others.map((run) => ({ ...run, isOlder: orderOf(run) < orderOf(own) }));
}

/** Whether a run has taken its generators, by their heartbeats too. A run that does not answer is not waited for. */
async function hasGenerators(client: Client, { workflowId }: OtherRun, now: Clock): Promise<boolean> {
  try {
    const { phase, loadStartMs } = await (client.connection as Connection).withDeadline(
      Date.now() + CALL_TIMEOUT_MS,
      () => client.workflow.getHandle(workflowId).query(progressQuery),
    );
    // The load begins two seconds after it has asked for its generators, which heartbeat every second.
    return !GETTING_READY.includes(phase) && !(phase === 'load' && loadStartMs > now());
  } catch {
    return true;
  }
}
