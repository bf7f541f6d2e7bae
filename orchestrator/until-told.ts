import { CancellationScope, condition } from '@temporalio/workflow';

/**
 * Waits for work or until the run is told to stop. In the second case, it cancels the work and returns undefined.
 */
export async function untilTold<T>(isTold: () => boolean, work: () => Promise<T>): Promise<T | undefined> {
  const scope = new CancellationScope();
  let isDone = false;
  const working = scope.run(work).finally(() => (isDone = true));
  // It is awaited below, or it was canceled.
  working.catch(() => undefined);
  await condition(() => isDone || isTold());
  if (isDone) return await working;
  scope.cancel();
  return undefined;
}
