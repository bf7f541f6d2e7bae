import { Context } from '@temporalio/activity';

const HEARTBEAT_INTERVAL_MS = 2000;

/**
 * Wraps activities so that each heartbeats every two seconds while it runs. If its worker dies, the server then retries the
 * activity after the heartbeat timeout (seconds) and not after the start-to-close timeout.
 */
export function heartbeating<T extends object>(activities: T): T {
  const wrapped = Object.entries(activities as Record<string, (...args: unknown[]) => Promise<unknown>>).map(
    ([name, activity]) => [
      name,
      async (...args: unknown[]) => {
        const context = Context.current();
        const timer = setInterval(() => context.heartbeat(), HEARTBEAT_INTERVAL_MS);
        try {
          return await activity(...args);
        } finally {
          clearInterval(timer);
        }
      },
    ],
  );
  return Object.fromEntries(wrapped) as T;
}
