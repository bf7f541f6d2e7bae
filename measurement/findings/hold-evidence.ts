import type { WindowsSummary } from '../account/generator-audit';
import type { Ledger } from '../account/ledger';
import type { TargetObservation } from '../server/target';
import type { Validity } from '../judging/validity';
import type { Verdict } from '../judging/verdict';

/** What is known of one hold, or of the whole run where it never came to one. */
export interface HoldEvidence {
  readonly targetRate: number;
  readonly ledger: Ledger;
  readonly acknowledgedPerSecond: number;
  readonly completedPerSecond: number;
  readonly verdict?: Verdict;
  readonly validity?: Validity;
  /** What the cluster did meanwhile, by its own account. */
  readonly target?: TargetObservation;
  /** How the generators fared, and their machines, in windows of 10 s. */
  readonly windows?: WindowsSummary;
  /** How long after the run its visibility store was complete. Milliseconds; absent where nobody waited for it. */
  readonly visibilityWaitMs?: number;
}
