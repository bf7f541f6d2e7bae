/** Uses fake timers in a test file: a wait of minutes takes no time. */
export function useFakeTime(): void {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });
}

/** Lets fake time pass in steps until a promise settles. */
export async function passTimeUntil<T>(promise: Promise<T>, stepMs = 250): Promise<T> {
  let settled = false;
  const done = () => (settled = true);
  promise.then(done, done);
  while (!settled) await jest.advanceTimersByTimeAsync(stepMs);
  return await promise;
}
