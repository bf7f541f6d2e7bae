import { readingsBetween, type ServerPage } from './server-metrics';
import { OVER_TIME_MEASURES, type MeasureName } from './server-measures';
import type { QueueSample, QueueType } from './target';

/** The interval of the readings over time, milliseconds; a step of more than {@link MAX_ROWS_PER_STEP} intervals has longer ones. */
export const ROW_MS = 15_000;
export const MAX_ROWS_PER_STEP = 60;
/** The readings over time of a run, at most, however long it is. */
export const MAX_ROWS = 240;

/** The columns of the readings over time. Each row describes the interval that ends at `atMs`. */
export const ROW_COLUMNS = [
  'atMs',
  'workflowBacklog',
  'activityBacklog',
  'oldestTaskMs',
  'persistenceP95Ms',
  'persistencePerSecond',
  'shardLockP95Ms',
  'syncMatchShare',
] as const;

/** Values in the order of {@link ROW_COLUMNS}; null if unknown. */
export type ServerRow = readonly (number | null)[];

/**
 * Returns the row of one interval.
 *
 * @param queues the last sample of each type of task queue in the interval, if there is one
 * @param before the pages of the endpoints at the beginning of the interval, and
 * @param after at its end, in the same order; empty if the server's metrics are not read
 */
export function rowOf(
  atMs: number,
  seconds: number,
  queues: Readonly<Partial<Record<QueueType, QueueSample>>>,
  before: readonly ServerPage[],
  after: readonly ServerPage[],
): ServerRow {
  const readings = after.length === 0 ? [] : readingsBetween(before, after, [], seconds, OVER_TIME_MEASURES);
  const named = (name: MeasureName) => readings.find((reading) => reading.name === name);
  const persistence = named('persistence latency');
  const polls = named('successful polls')?.count ?? 0;
  const ages = Object.values(queues).flatMap((sample) => (sample ? [sample.ageMs] : []));
  return [
    atMs,
    queues.workflow?.backlog ?? null,
    queues.activity?.backlog ?? null,
    ages.length === 0 ? null : Math.max(...ages),
    persistence?.p95Ms ?? null,
    persistence?.perSecond ?? null,
    named('shard lock latency')?.p95Ms ?? null,
    polls === 0 ? null : (named('sync-matched polls')?.count ?? 0) / polls,
  ].map((value) => (value === null ? null : Math.round(value * 1000) / 1000));
}

/**
 * Joins the rows of neighboring intervals if the run is so long that it would have more than `most`. The intervals of the whole
 * run then have about the same length. Of each value the worst is kept: the lowest share of sync matches, and the highest
 * of the others.
 */
export function thinRows(rows: readonly ServerRow[], most = MAX_ROWS): readonly ServerRow[] {
  const endMs = Math.max(0, ...rows.map(([atMs]) => atMs!));
  let widthMs = ROW_MS;
  while (Math.ceil(endMs / widthMs) > most) widthMs *= 2;
  if (widthMs === ROW_MS && rows.length <= most) return rows;
  const joined = new Map<number, ServerRow>();
  for (const row of [...rows].sort((a, b) => a[0]! - b[0]!)) {
    const bin = Math.max(1, Math.ceil(row[0]! / widthMs));
    joined.set(bin, worstOf(joined.get(bin), row));
  }
  return [...joined.values()];
}

function worstOf(a: ServerRow | undefined, b: ServerRow): ServerRow {
  if (a === undefined) return b;
  return b.map((value, i) => {
    const [one, other] = [a[i] ?? null, value];
    if (one === null || other === null) return one ?? other;
    return ROW_COLUMNS[i] === 'syncMatchShare' ? Math.min(one, other) : Math.max(one, other);
  });
}
