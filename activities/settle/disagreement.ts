import type { Connection } from '@temporalio/client';
import { total } from '../../measurement/account/ledger';
import type { CountedStep, Disagreement, RunRef } from '../../orchestrator/activity-types';
import { arrivalIdPrefix, stepIdPrefix } from '../../orchestrator/names';
import { listIds } from '../../temporal/target-counts';
import type { Pace } from './pace';

/** Ids that are named on each side. */
const SAMPLES = 20;
/** Pages of the server's list that are read at the most, a thousand ids each. */
const MAX_PAGES = 60;

/**
 * Names what the account and the server disagree about: the ids each of them has and the other has not.
 *
 * @param absent ids of the step that are known not to exist, because they were refused or never sent
 */
export async function explain(
  connection: Connection,
  run: RunRef,
  step: CountedStep,
  absent: ReadonlySet<string>,
  pace: Pace,
): Promise<Disagreement> {
  const prefix = stepIdPrefix({ runId: run.runId, step: step.name, attempt: step.attempt });
  const { ids: listed, complete } = await listIds(connection, run.namespace, prefix, MAX_PAGES, () => pace.next());
  const { ledger, scheduledByLane } = step.measurement;
  const missing: string[] = [];
  const known = new Set<string>();
  scheduledByLane.forEach((scheduled, lane) => {
    const lanePrefix = arrivalIdPrefix({ runId: run.runId, step: step.name, attempt: step.attempt, lane });
    for (let sequence = 0; sequence < scheduled; sequence += 1) {
      const id = `${lanePrefix}${sequence}`;
      if (absent.has(id)) continue;
      known.add(id);
      if (!listed.has(id)) missing.push(id);
    }
  });
  const unexpected = [...listed].filter((id) => !known.has(id)).sort();
  return {
    step: step.name,
    attempt: step.attempt,
    onlyInAccount: { count: complete ? missing.length : null, ids: complete ? missing.slice(0, SAMPLES) : [] },
    onlyOnServer: { count: unexpected.length, ids: unexpected.slice(0, SAMPLES) },
    // Which arrivals were skipped is counted, not named.
    skippedAmongThem: total(ledger.skipped),
  };
}
