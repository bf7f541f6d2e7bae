/** I11. One exit code an outcome; scripts may rely on them. */
export const EXIT = {
  passed: 0,
  error: 1,
  thresholdsFailed: 99,
  badConfiguration: 104,
  interrupted: 105,
  invalid: 111,
  unaccounted: 112,
  cleanupIncomplete: 113,
} as const;

export type Outcome =
  'PASSED' | 'ERROR' | 'FAILED' | 'BAD_CONFIGURATION' | 'ABORTED' | 'INVALID' | 'UNACCOUNTED' | 'CLEANUP_INCOMPLETE';

/** In the order of precedence: the first that applies is the run's exit code; all of them are in the JSON. */
const PRECEDENCE: readonly (readonly [Outcome, number])[] = [
  ['BAD_CONFIGURATION', EXIT.badConfiguration],
  ['ERROR', EXIT.error],
  ['ABORTED', EXIT.interrupted],
  ['UNACCOUNTED', EXIT.unaccounted],
  ['INVALID', EXIT.invalid],
  ['FAILED', EXIT.thresholdsFailed],
  ['CLEANUP_INCOMPLETE', EXIT.cleanupIncomplete],
];

export interface Ending {
  /** All outcomes that apply, the strongest first; `['PASSED']` if none does. */
  readonly outcomes: readonly Outcome[];
  readonly exitCode: number;
}

export function endingOf(applies: ReadonlySet<Outcome>): Ending {
  const found = PRECEDENCE.filter(([outcome]) => applies.has(outcome));
  if (found.length === 0) return { outcomes: ['PASSED'], exitCode: EXIT.passed };
  return { outcomes: found.map(([outcome]) => outcome), exitCode: found[0]![1] };
}
