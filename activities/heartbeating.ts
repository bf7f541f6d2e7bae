import { Context } from '@temporalio/activity';

const EVERY_MS = 1000;

/**
 * Activities that heartbeat by themselves once a second while they work: where their worker dies, another takes them over
 * seconds later, not when their time is over.
 */
export function heartbeating<T extends object>(activities: T): T {
  const wrapped = Object.entries(activities as Record<string, (...args: unknown[]) => Promise<unknown>>).map(
    ([name, activity]) => [
      name,
      async (...args: unknown[]) => {
        const context = Context.current();
        const beat = setInterval(() => context.heartbeat(), EVERY_MS);
        try {
          return await activity(...args);
        } finally {
          clearInterval(beat);
        }
      },
    ],
  );
  return Object.fromEntries(wrapped) as T;
}
