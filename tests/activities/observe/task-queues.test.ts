import { temporal } from '@temporalio/proto';
import fc from 'fast-check';
import { QueueSampler, sumOf } from '../../../activities/observe/task-queues';
import { depthOf, type QueueSample } from '../../../measurement/server/target';
import type { TargetConnections } from '../../../temporal/target-connections';

const sample = (change: Partial<QueueSample> = {}): QueueSample => {
  return { atMs: 1, backlog: 0, ageMs: 0, addedPerSecond: 0, dispatchedPerSecond: 0, ...change };
};

test('queues with equal shares are extrapolated from those that were asked about; the oldest task is the oldest of them', () => {
  const share = fc.record({ backlog: fc.nat(1000), ageMs: fc.nat(60_000) });
  fc.assert(
    fc.property(share, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 4, max: 50 }), (one, asked, queues) => {
      const all = Array.from({ length: asked }, () => sample({ ...one, addedPerSecond: 2, dispatchedPerSecond: 1 }));
      const sum = sumOf([...all, undefined], queues)!;
      expect(sum).toMatchObject({ backlog: one.backlog * queues, ageMs: one.ageMs });
      expect([sum.addedPerSecond, sum.dispatchedPerSecond]).toEqual([2 * queues, queues].map((n) => expect.closeTo(n)));
    }),
  );
  expect(sumOf([undefined, undefined], 2)).toBeUndefined();
});

test('of many queues a few are asked about at a time, and each has its turn', async () => {
  const asked: string[] = [];
  const workflowService = {
    describeTaskQueue({ taskQueue }: { taskQueue: { name: string } }) {
      asked.push(taskQueue.name);
      return Promise.resolve({ stats: { approximateBacklogCount: 1 } });
    },
  };
  const connection = { workflowService, withDeadline: (_at: number, call: () => unknown) => call() };
  const targets = { get: () => Promise.resolve(connection) } as unknown as TargetConnections;
  const run = { namespace: 'n', taskQueue: 'q' };
  const names = Array.from({ length: 10 }, (_, i) => `q.${i}`);
  const sampler = new QueueSampler(targets, run, { names, types: ['workflow'] });
  for (let i = 0; i < 5; i += 1) expect((await sampler.sample('workflow'))!.backlog).toBe(10);
  expect(asked).toEqual([...names, ...names]);
  await new QueueSampler(targets, run).sample('activity');
  expect(asked.at(-1)).toBe('q');
});

test('the rate limit of a queue is that which a user or a worker has set, not the default of the server', async () => {
  const { RATE_LIMIT_SOURCE_API, RATE_LIMIT_SOURCE_WORKER, RATE_LIMIT_SOURCE_SYSTEM } =
    temporal.api.enums.v1.RateLimitSource;
  const limits = {
    a: { requestsPerSecond: 10, rateLimitSource: RATE_LIMIT_SOURCE_API },
    b: { requestsPerSecond: 20, rateLimitSource: RATE_LIMIT_SOURCE_WORKER },
    c: { requestsPerSecond: 100_000, rateLimitSource: RATE_LIMIT_SOURCE_SYSTEM },
  };
  const workflowService = {
    describeTaskQueue: ({ taskQueue: { name } }: { taskQueue: { name: keyof typeof limits } }) =>
      Promise.resolve({ stats: {}, effectiveRateLimit: limits[name] }),
  };
  const connection = { workflowService, withDeadline: (_at: number, call: () => unknown) => call() };
  const targets = { get: () => Promise.resolve(connection) } as unknown as TargetConnections;
  const limitOf = async (...names: string[]) => {
    const sampler = new QueueSampler(targets, { namespace: 'n', taskQueue: 'q' }, { names, types: ['activity'] });
    const { limitPerSecond, limitSetBy } = depthOf([(await sampler.sample('activity'))!])!;
    return [limitPerSecond, limitSetBy];
  };
  expect([await limitOf('a'), await limitOf('b'), await limitOf('c')]).toEqual([
    [10, 'user'],
    [20, 'worker'],
    [undefined, undefined],
  ]);
  // Together, queues have a limit if each has one.
  expect([(await limitOf('a', 'b'))[0], (await limitOf('a', 'c'))[0]]).toEqual([30, undefined]);
});
