import type { Connection } from '@temporalio/client';
import type { CountedStep, RunRef, ServerCounts } from '../../orchestrator/activity-types';
import { stepIdPrefix } from '../../orchestrator/names';
import { listIds } from '../../temporal/target-counts';
import type { Difference } from './disagreement';
import type { RateLimiter } from './rate-limiter';
import type { WorkflowLookup } from './workflow-lookup';

/** Workflows of a step that are described one by one, at most. */
const MAX_DESCRIBED = 10_000;
/** If there are more, so many of them show whether visibility lags. */
const SAMPLE = 100;
/** Open workflows that are described although the list lacks none, at most: visibility may lag with closes, too. */
const MAX_OPEN = 1000;
const PAGE = 1000;

/** What describing the workflows that the list lacks has shown. */
export interface Unlisted {
  readonly counts: ServerCounts;
  /** The ids that the list lacks, and that exist. */
  readonly found: ReadonlySet<string>;
  /** Why the account cannot be confirmed although the lag of visibility explains the difference; absent otherwise. */
  readonly lag?: string;
}

/** Adds the workflows that exist, but that visibility does not list yet, to the counts of a step. */
export async function addUnlisted(
  lookup: WorkflowLookup,
  counts: ServerCounts,
  { missing }: Difference,
): Promise<Unlisted> {
  const ids = firstOf(missing(), MAX_DESCRIBED + 1);
  const isSample = ids.length > MAX_DESCRIBED;
  const asked = isSample ? ids.slice(0, SAMPLE) : ids;
  const statuses = await lookup.statusesOf(asked);
  const found = asked.filter((_, i) => statuses[i] !== undefined);
  if (!isSample) return { counts: withStatuses(counts, statuses), found: new Set(found) };
  const lag = `${found.length} of ${SAMPLE} workflows that the list lacks exist: the visibility of the server lags behind; run the benchmark at a lower rate, or make the visibility store faster`;
  return { counts, found: new Set(), ...(found.length > SAMPLE / 2 ? { lag } : {}) };
}

/** Replaces what visibility reports about open workflows by what describing them shows: they may have closed. */
export async function describeOpen(
  connection: Connection,
  run: RunRef,
  lookup: WorkflowLookup,
  { name: step, attempt }: CountedStep,
  counts: ServerCounts,
  lags: boolean,
  limiter: RateLimiter,
): Promise<ServerCounts> {
  const most = lags ? MAX_DESCRIBED : MAX_OPEN;
  if (counts.open === 0 || counts.open > most) return counts;
  const prefix = stepIdPrefix({ runId: run.runId, step, attempt });
  const pages = Math.ceil(most / PAGE);
  const isOpen = "ExecutionStatus = 'Running'";
  const { ids } = await listIds(connection, run.namespace, prefix, pages, () => limiter.next(), isOpen);
  const statuses = await lookup.statusesOf([...ids].slice(0, counts.open));
  const known = statuses.filter((status) => status !== undefined);
  return withStatuses({ ...counts, open: counts.open - known.length, total: counts.total - known.length }, known);
}

function withStatuses(counts: ServerCounts, statuses: readonly (keyof ServerCounts | undefined)[]): ServerCounts {
  const sum = { ...counts };
  for (const status of statuses) {
    if (status === undefined) continue;
    sum[status] += 1;
    sum.total += 1;
  }
  return sum;
}

function firstOf(ids: Iterable<string>, most: number): string[] {
  const first: string[] = [];
  for (const id of ids) if (first.push(id) === most) break;
  return first;
}
