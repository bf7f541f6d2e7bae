import type { Provisional } from '../../measurement/account/lane';
import { emptyLedger, type Ledger } from '../../measurement/account/ledger';
import type { CountedStep, RunRef } from '../../orchestrator/activity-types';

/** A run that owns its namespace. */
export const ownedRun: RunRef = {
  runId: 'run-1',
  workflowId: 'run',
  namespace: 'benchmark-run-1',
  ownsNamespace: true,
  taskQueue: 'queue',
};

/** A step of which the account is given, for what settles it; one lane unless `scheduledByLane` says otherwise. */
export function countedStep(
  ledger: Partial<Ledger>,
  entries: Partial<Provisional> = {},
  change: Partial<CountedStep['measurement']> & { name?: string; endedAtMs?: number } = {},
): CountedStep {
  const { name = '1', endedAtMs = 0, ...rest } = change;
  const whole = { ...emptyLedger, ...ledger };
  return {
    name,
    attempt: 1,
    endedAtMs,
    measurement: {
      ledger: whole,
      scheduledByLane: [whole.scheduled],
      provisional: [{ lane: 0, entries: { rejected: {}, unknown: {}, inDoubt: [], ...entries } }],
      ...rest,
    },
  };
}
