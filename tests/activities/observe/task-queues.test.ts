import fc from 'fast-check';
import { QueueSampler, sumOf } from '../../../activities/observe/task-queues';
import type { QueueSample } from '../../../measurement/server/target';
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
