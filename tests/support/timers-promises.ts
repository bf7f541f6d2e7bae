/**
 * Stands in for `node:timers/promises` under jest's fake timers, which replace only the global functions:
 * `jest.mock('node:timers/promises', () => jest.requireActual<object>('../support/timers-promises'))`.
 */
async function sleep(ms?: number): Promise<void> {
  await new Promise<void>((resolve) => globalThis.setTimeout(resolve, ms));
}
export { sleep as setTimeout };
