/** One thing that limited a run, with its evidence and the setting that changes it. */
export interface Finding {
  readonly name: string;
  /** high: the server itself reported the limit; medium: measured, and the usual cause; low: a hint. */
  readonly confidence: 'high' | 'medium' | 'low';
  readonly evidence: string;
  /** The setting that changes the limit, and its default. */
  readonly knob?: string;
  readonly default?: string;
  readonly advice: string;
  /** The value to set, if the knob is a key of the server's dynamic configuration and the value can be computed. */
  readonly setting?: { readonly key: string; readonly value: number; readonly because: string };
  readonly caveat?: string;
}
