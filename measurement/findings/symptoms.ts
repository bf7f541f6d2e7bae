import type { Finding } from './finding';
import type { HoldEvidence } from './hold-evidence';
import { HoldReadings } from './hold-readings';
import { enforcedLimit, SERVICE_LIMITS } from './service-limits';
import { SYMPTOMS } from './symptom-table';

/** Findings from what the cluster reported about one hold. */
export interface Symptoms {
  /** Limits that the cluster's services enforced, by their own metrics. */
  readonly limits: readonly Finding[];
  /** Possible explanations of a hold that did not pass. */
  readonly symptoms: readonly Finding[];
  /** What a reader should know about a hold that passed. */
  readonly warnings: readonly Finding[];
}

/**
 * Returns the findings of one hold.
 *
 * @param explain whether the hold needs an explanation, because it missed a threshold or is invalid
 */
export function symptomsOf(hold: HoldEvidence, explain: boolean): Symptoms {
  const readings = new HoldReadings(hold);
  const causes = SYMPTOMS.filter(({ isCause }) => isCause?.(readings));
  const inOrder = [...causes, ...SYMPTOMS.filter((one) => !causes.includes(one))];
  const found = inOrder
    .filter(({ always }) => always || explain)
    .flatMap(({ evidence, always: _, isCause: _cause, threshold, ...symptom }): Finding[] => {
      const observed = evidence(readings);
      return observed === undefined ? [] : [{ ...symptom, evidence: `${observed} (threshold: ${threshold})` }];
    });
  if (!explain) return { limits: [], symptoms: [], warnings: found };
  return { limits: SERVICE_LIMITS.flatMap((limit) => enforcedLimit(limit, hold)), symptoms: found, warnings: [] };
}
