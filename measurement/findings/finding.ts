/** What limited a run, with the evidence for it and the setting that moves it. */
export interface Finding {
  readonly name: string;
  /** high: the server said so itself; medium: measured, and the usual cause; low: a hint. */
  readonly confidence: 'high' | 'medium' | 'low';
  readonly evidence: string;
  /** The setting that moves the limit, and its default. */
  readonly knob?: string;
  readonly default?: string;
  readonly advice: string;
  /** For the server's dynamic configuration, where the knob is one of its keys and a value can be told. */
  readonly setting?: { readonly key: string; readonly value: number; readonly because: string };
  readonly caveat?: string;
}
