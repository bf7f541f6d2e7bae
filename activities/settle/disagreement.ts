import type { Connection } from '@temporalio/client';
import { total } from '../../measurement/account/ledger';
import type { CountedStep, Disagreement, RunRef } from '../../orchestrator/activity-types';
import { arrivalIdPrefix, stepIdPrefix } from '../../orchestrator/names';
import { listIds } from '../../temporal/target-counts';
import type { RateLimiter } from './rate-limiter';

/** Ids reported per side, at most. */
const MAX_SAMPLES = 20;
/** Pages of the server's list that are read at most; a page has a thousand ids. */
const MAX_PAGES = 60;

/**
 * Returns the ids that only the account has and the ids that only the server has, with a sample of each.
 *
 * @param knownMissing ids of the step that are known not to exist, because their starts were rejected or never sent
 */
export async function explainDisagreement(
  connection: Connection,
  run: RunRef,
  step: CountedStep,
  knownMissing: ReadonlySet<string>,
  limiter: RateLimiter,
): Promise<Disagreement> {
  const prefix = stepIdPrefix({ runId: run.runId, step: step.name, attempt: step.attempt });
  const { ids: listed, complete } = await listIds(connection, run.namespace, prefix, MAX_PAGES, () => limiter.next());
  const { ledger, scheduledByLane } = step.measurement;
  const missing: string[] = [];
  const known = new Set<string>();
  scheduledByLane.forEach((scheduled, lane) => {
    const lanePrefix = arrivalIdPrefix({ runId: run.runId, step: step.name, attempt: step.attempt, lane });
    for (let sequence = 0; sequence < scheduled; sequence += 1) {
      const id = `${lanePrefix}${sequence}`;
      if (knownMissing.has(id)) continue;
      known.add(id);
      if (!listed.has(id)) missing.push(id);
    }
  });
  const unexpected = [...listed].filter((id) => !known.has(id)).sort();
  return {
    step: step.name,
    attempt: step.attempt,
    onlyInAccount: { count: complete ? missing.length : null, ids: complete ? missing.slice(0, MAX_SAMPLES) : [] },
    onlyOnServer: { count: unexpected.length, ids: unexpected.slice(0, MAX_SAMPLES) },
    // Skipped arrivals are counted; their ids are not recorded.
    skippedAmongThem: total(ledger.skipped),
  };
}
