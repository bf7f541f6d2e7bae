import type { WindowsSummary } from '../account/generator-audit';
import type { Ledger } from '../account/ledger';
import type { TargetObservation } from '../server/target';
import type { Validity } from '../judging/validity';
import type { Verdict } from '../judging/verdict';

/** Everything that is known about one hold and can explain its result. */
export interface HoldEvidence {
  readonly targetRate: number;
  readonly ledger: Ledger;
  readonly acknowledgedPerSecond: number;
  readonly completedPerSecond: number;
  /** For how long at its end workflows were started and none of them ended, seconds; absent if this is not known. */
  readonly silentSeconds?: number;
  readonly verdict?: Verdict;
  readonly validity?: Validity;
  /** What the target did during the hold, as reported by the target. */
  readonly target?: TargetObservation;
  /** The load of the generators and their machines, in windows of 10 s. */
  readonly windows?: WindowsSummary;
  /** How long after the first count the visibility store was complete, milliseconds; absent if this was not measured. */
  readonly visibilityWaitMs?: number;
  /** Workflows of the run that it did not list in that time. */
  readonly unlisted?: number;
  /** The settings of an embedded target, `key=value`; absent for other targets, which do not report theirs. */
  readonly dynamicConfig?: readonly string[];
}
