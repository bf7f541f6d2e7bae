/** How often a fuzz test runs: a few times as a unit test, and as often as it takes with FUZZ=full. */
export function fuzzRuns(quick: number, full: number): number {
  return process.env.FUZZ === 'full' ? full : quick;
}

/** Expects one clear message: text for people, without a stack trace and without an internal error. */
export function expectClear(message: string): void {
  expect(message.trim()).not.toBe('');
  expect(message).not.toMatch(
    /\n\s+at |\bTypeError\b|is not a function|is not iterable|\[object Object\]|Cannot read|undefined is not/,
  );
}
