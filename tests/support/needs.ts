/**
 * Picks `test`, or `test.skip` with the reason in the title: `scripts/test.mjs` counts and names what was skipped.
 *
 * @param isHere whether this machine has what the test needs
 * @param what what it needs, e.g. `pip`
 */
export function testNeeding(isHere: boolean, what: string): jest.It {
  if (isHere) return test;
  const titled = (title: string) => `${title} [needs ${what}]`;
  const each = (cases: readonly unknown[]) => (title: string, work: () => void) =>
    test.skip.each(cases)(titled(title), work);
  const skip = (title: string, work: jest.ProvidesCallback) => test.skip(titled(title), work);
  return Object.assign(skip, test, { each }) as unknown as jest.It;
}

/** Picks `describe`, or `describe.skip` with the reason in the title. */
export function describeNeeding(isHere: boolean, what: string): (title: string, tests: () => void) => void {
  return isHere ? describe : (title, tests) => describe.skip(`${title} [needs ${what}]`, tests);
}
