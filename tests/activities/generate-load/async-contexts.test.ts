import { AsyncLocalStorage } from 'node:async_hooks';
import type { Connection } from '@temporalio/client';
import { AsyncContexts } from '../../../activities/generate-load/async-contexts';
import { ControlLink } from '../../../activities/generate-load/control-link';

const attempt = {
  namespace: 'control',
  taskToken: new Uint8Array(),
  workflowId: 'w',
  workflowRunId: 'r',
  activityId: 'a',
  identity: 'generator',
};

/** A connection that keeps the settings of a call in a storage, as the SDK's does, and reads them when the call begins. */
function connectionWith(settings: AsyncLocalStorage<{ deadline: number | Date }>): Connection {
  return {
    withDeadline: async (deadline: number | Date, work: () => Promise<unknown>) =>
      await settings.run({ deadline }, work),
    workflowService: {
      recordActivityTaskHeartbeat: async () => {
        const { deadline } = settings.getStore() ?? {};
        await Promise.resolve();
        return { cancelRequested: deadline !== undefined };
      },
    },
  } as unknown as Connection;
}

test('a heartbeat has its deadline, and leaves the contexts that the activity and the call have entered', async () => {
  const activity = new AsyncLocalStorage<string>();
  const settings = new AsyncLocalStorage<{ deadline: number | Date }>();
  const link = new ControlLink(connectionWith(settings), attempt, new AsyncContexts([activity, settings]));
  await activity.run('context', async () => {
    const answer = link.heartbeat('details', 1000);
    expect([activity.getStore(), settings.getStore()]).toEqual([undefined, undefined]);
    expect(await answer).toBe('canceled');
    expect([activity.getStore(), settings.getStore()]).toEqual([undefined, undefined]);
  });
});

test('a context can be entered again after it was left', async () => {
  const activity = new AsyncLocalStorage<string>();
  const contexts = new AsyncContexts([activity]);
  for (const name of ['first', 'second']) {
    await activity.run(name, async () => {
      await Promise.resolve();
      expect(activity.getStore()).toBe(name);
      contexts.leave();
    });
    expect(activity.getStore()).toBeUndefined();
  }
});
