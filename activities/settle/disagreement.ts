import type { Connection } from '@temporalio/client';
import { total } from '../../measurement/account/ledger';
import type { CountedStep, Disagreement, RunRef } from '../../orchestrator/activity-types';
import { arrivalIdPrefix, placeInStep, stepIdPrefix } from '../../orchestrator/names';
import { listIds } from '../../temporal/target-counts';
import type { RateLimiter } from './rate-limiter';

/** Ids reported per side, at most. */
const MAX_SAMPLES = 20;
/** Pages of the server's list that are read at most; a page has a thousand ids. */
const MAX_PAGES = 60;

/** The ids that only one side has. A step may have millions of arrivals, so they are not kept in a set. */
export interface Difference {
  /** How many ids only the account has, skipped arrivals among them; null if the server's list is too long to read. */
  readonly missingCount: number | null;
  /** Yields these ids; nothing if the list was not read to its end. */
  missing(): Iterable<string>;
  /** The ids that only the server has, among those that were read. */
  readonly unexpected: readonly string[];
}

/**
 * Compares the ids of a step's account with the server's list.
 *
 * @param knownMissing ids of the step that are known not to exist, because their starts were rejected or never sent
 */
export async function compareIds(
  connection: Connection,
  run: RunRef,
  { name: step, attempt, measurement: { scheduledByLane } }: CountedStep,
  knownMissing: ReadonlySet<string>,
  limiter: RateLimiter,
): Promise<Difference> {
  const prefix = stepIdPrefix({ runId: run.runId, step, attempt });
  const { ids: listed, complete } = await listIds(connection, run.namespace, prefix, MAX_PAGES, () => limiter.next());
  const isKnown = (id: string) => {
    const place = placeInStep(id, prefix);
    return place !== undefined && place.sequence < (scheduledByLane[place.lane] ?? 0) && !knownMissing.has(id);
  };
  const unexpected = [...listed].filter((id) => !isKnown(id)).sort();
  const known = scheduledByLane.reduce((sum, scheduled) => sum + scheduled, 0) - knownMissing.size;
  function* missing() {
    for (const [lane, scheduled] of complete ? scheduledByLane.entries() : []) {
      const lanePrefix = arrivalIdPrefix({ runId: run.runId, step, attempt, lane });
      for (let sequence = 0; sequence < scheduled; sequence += 1) {
        const id = `${lanePrefix}${sequence}`;
        if (!listed.has(id) && !knownMissing.has(id)) yield id;
      }
    }
  }
  return { missingCount: complete ? known - (listed.size - unexpected.length) : null, missing, unexpected };
}

/**
 * Returns a sample of the ids on each side.
 *
 * @param found ids that the list lacks, and that were found by describing them
 */
export function sampleOf(
  { name: step, attempt, measurement: { ledger } }: CountedStep,
  { missingCount, missing, unexpected }: Difference,
  found: ReadonlySet<string>,
): Disagreement {
  const ids: string[] = [];
  for (const id of missing()) {
    if (ids.length === MAX_SAMPLES) break;
    if (!found.has(id)) ids.push(id);
  }
  return {
    step,
    attempt,
    onlyInAccount: { count: missingCount === null ? null : missingCount - found.size, ids },
    onlyOnServer: { count: unexpected.length, ids: unexpected.slice(0, MAX_SAMPLES) },
    // Skipped arrivals are counted; their ids are not recorded.
    skippedAmongThem: total(ledger.skipped),
  };
}
