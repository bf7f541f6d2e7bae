import type { Finding } from './finding';
import type { HoldReadings } from './hold-readings';

/** A condition that the cluster's own statistics and metrics show, and what to do about it. */
export interface Symptom {
  readonly name: string;
  readonly confidence: Finding['confidence'];
  readonly knob: string;
  readonly default: string;
  readonly advice: string;
  readonly caveat?: string;
  /** The threshold, and its source. */
  readonly threshold: string;
  /** Whether the symptom is reported for holds that passed too. The others explain only holds that did not pass. */
  readonly always?: boolean;
  /** Returns whether this is the cause of the other symptoms, and comes before them. */
  readonly isCause?: (readings: HoldReadings) => boolean;
  /** Returns the figures that show the symptom, or undefined if it is absent. */
  readonly evidence: (readings: HoldReadings) => string | undefined;
}
