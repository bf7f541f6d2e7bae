/** The exit code of each outcome (I11). Scripts rely on these values. */
export const EXIT = {
  passed: 0,
  error: 1,
  regression: 98,
  thresholdsFailed: 99,
  badConfiguration: 104,
  interrupted: 105,
  invalid: 111,
  unaccounted: 112,
  cleanupIncomplete: 113,
} as const;

export type Outcome =
  'PASSED' | 'ERROR' | 'FAILED' | 'BAD_CONFIGURATION' | 'ABORTED' | 'INVALID' | 'UNACCOUNTED' | 'CLEANUP_INCOMPLETE';

/** Outcomes in order of precedence. The first that applies decides the exit code; the result lists all that apply. */
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
  /** All outcomes that apply, in order of precedence; `['PASSED']` if none does. */
  readonly outcomes: readonly Outcome[];
  readonly exitCode: number;
}

/** Returns the exit code of a run that is compared with another: a regression precedes only success and cleanup. */
export function withRegression(exitCode: number): number {
  return exitCode === EXIT.passed || exitCode === EXIT.cleanupIncomplete ? EXIT.regression : exitCode;
}

export function endingOf(applies: ReadonlySet<Outcome>): Ending {
  const found = PRECEDENCE.filter(([outcome]) => applies.has(outcome));
  if (found.length === 0) return { outcomes: ['PASSED'], exitCode: EXIT.passed };
  return { outcomes: found.map(([outcome]) => outcome), exitCode: found[0]![1] };
}
