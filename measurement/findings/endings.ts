import { percent } from '../format/numbers';
import type { Finding } from './finding';

/** How sampled workflows ended that did not complete: a description with its cause, and how many there are. */
export type Endings = Readonly<Record<string, number>>;

/** A cause that ends workflows or keeps them open, and the setting that changes it. */
export interface EndingCause {
  readonly matches: RegExp;
  readonly name: string;
  readonly knob: string;
  readonly default: string;
  readonly advice: string;
}

const raise = (key: string) => `raise ${key} in the server's dynamic configuration, or change the workload`;

/** Keys and defaults are those of Temporal server 1.32, from its common/dynamicconfig/constants.go. */
export const ENDING_CAUSES: readonly EndingCause[] = [
  {
    matches: /history (event )?count exceeds limit/i,
    name: 'event limit of a workflow',
    knob: 'limit.historyCount.error',
    default: '51200',
    advice: raise('limit.historyCount.error'),
  },
  {
    matches: /history size exceeds limit/i,
    name: 'history size limit of a workflow',
    knob: 'limit.historySize.error',
    default: '52428800',
    advice: raise('limit.historySize.error'),
  },
  ...(
    [
      ['ACTIVITIES', 'activities', 'limit.numPendingActivities.error'],
      ['CHILD_WORKFLOWS', 'child workflows', 'limit.numPendingChildExecutions.error'],
      ['SIGNALS', 'signals', 'limit.numPendingSignals.error'],
      ['REQUEST_CANCEL', 'cancel requests', 'limit.numPendingCancelRequests.error'],
    ] as const
  ).map(([cause, what, key]) => ({
    matches: new RegExp(`PENDING_${cause}_LIMIT_EXCEEDED`),
    name: `limit of pending ${what} of a workflow`,
    knob: key,
    default: '2000',
    advice: raise(key),
  })),
  {
    matches: /limit on the total number of (distinct )?updates|total number of .*updates .*limit/i,
    name: 'update limit of a workflow',
    knob: 'history.maxTotalUpdates',
    default: '2000',
    advice: raise('history.maxTotalUpdates'),
  },
  {
    matches: /limit on number of concurrent in-flight updates|in-flight updates/i,
    name: 'limit of updates in flight of a workflow',
    knob: 'history.maxInFlightUpdates',
    default: '10',
    advice: raise('history.maxInFlightUpdates'),
  },
  {
    matches:
      /no such (function|workflow)|workflow type .*not (registered|found)|unable to find workflow type|no (such )?workflow .*registered|Failed to initialize workflow of type/i,
    name: 'workflow type unknown to the workers',
    knob: '--external-type',
    default: 'none',
    advice: 'check the spelling of the workflow type, and that the workers of the task queue register it',
  },
  {
    matches: /activity .*not registered|Activity function .* is not registered|no such activity/i,
    name: 'activity type unknown to the workers',
    knob: 'the activities that your workers register',
    default: 'none',
    advice: 'check that the workers of the task queue register the activity',
  },
];

/**
 * Returns one finding per cause that ended sampled workflows, the most frequent first. A cause without a known setting is
 * quoted as the server recorded it.
 *
 * @param sampled all workflows of the sample, also completed ones
 */
export function endingFindings(endings: Endings, sampled: number): Finding[] {
  const sorted = Object.entries(endings).sort(([, a], [, b]) => b - a);
  return sorted.map(([ending, count]) =>
    explain(`${count} of ${sampled} sampled workflows (${percent(count / sampled, 0)}) ${ending}`),
  );
}

/** Returns the finding of the cause that the evidence contains, or one that only quotes the evidence. */
export function explain(evidence: string): Finding {
  const cause = ENDING_CAUSES.find(({ matches }) => matches.test(evidence));
  if (cause) {
    const { matches: _, ...known } = cause;
    return { ...known, confidence: 'high', evidence };
  }
  return {
    name: 'workflows do not complete',
    confidence: 'medium',
    evidence,
    advice: 'the evidence quotes the server: change the workload, its workers or the server accordingly',
  };
}
