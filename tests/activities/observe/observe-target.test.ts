import { MockActivityEnvironment } from '@temporalio/testing';
import { createObserveTarget } from '../../../activities/observe/observe-target';
import type { PageSource } from '../../../activities/observe/server-pages';
import { readPage } from '../../../measurement/server/server-metrics';
import { ROW_COLUMNS } from '../../../measurement/server/over-time';
import type { TargetObservation } from '../../../measurement/server/target';
import type { PagePart } from '../../../measurement/server/wire-names';
import type { TargetConnections } from '../../../temporal/target-connections';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** Observes a hold of 50 s. The counter of polls grows by 100 with each read, and the gauge is the number of the read. */
async function observe(fails: (read: number) => boolean = () => false) {
  const parts: PagePart[] = [];
  const source: PageSource = {
    name: 'metrics endpoint 1',
    async read(part) {
      parts.push(part);
      if (fails(parts.length)) throw new Error('did not answer (ECONNREFUSED)');
      const n = parts.length;
      return readPage(
        `poll_success ${n * 100}\npoll_success_sync ${n * 90}\nhost_rps_limit{service_name="frontend"} ${n}\npersistence_requests ${n}`,
        part,
      );
    },
  };
  const workflowService = {
    describeTaskQueue: async () => ({ stats: { approximateBacklogCount: 5, approximateBacklogAge: { seconds: 2 } } }),
  };
  const connection = { workflowService, withDeadline: (_: number, call: () => unknown) => call() };
  const activity = createObserveTarget({
    targets: { get: async () => connection } as unknown as TargetConnections,
    sources: [source],
    readsDatabase: false,
    observe: () => ({ sample: () => undefined, end: () => undefined }),
    clock: async () => () => Date.now(),
  });
  const input = {
    run: { runId: 'r', workflowId: 'w', namespace: 'n', ownsNamespace: true, taskQueue: 'q' },
    startAtMs: Date.now() + 1000,
    durationMs: 50_000,
    readServer: true,
  };
  const observing = new MockActivityEnvironment().run(activity, input) as Promise<TargetObservation>;
  await jest.advanceTimersByTimeAsync(60_000);
  return { observed: await observing, parts };
}

test('a hold is observed every 15 s: what is read over time, and the whole page only at both ends', async () => {
  const { observed, parts } = await observe();
  expect(parts).toEqual(['all', 'during', 'during', 'during', 'all']);
  const column = (name: (typeof ROW_COLUMNS)[number]) =>
    observed.overTime!.map((row) => row[ROW_COLUMNS.indexOf(name)]);
  expect(column('atMs')).toEqual([15_000, 30_000, 45_000, 50_000]);
  expect(column('workflowBacklog')).toEqual([5, 5, 5, 5]);
  expect(column('oldestTaskMs')).toEqual([2000, 2000, 2000, 2000]);
  expect(column('syncMatchShare')).toEqual([0.9, 0.9, 0.9, 0.9]);
  expect(column('shardLockP95Ms')).toEqual([null, null, null, null]);
  const reading = (name: string) => observed.server.readings.find((one) => one.name === name);
  expect(reading('successful polls')).toMatchObject({ count: 400 });
  expect(reading('service rate limit')).toMatchObject({ lowest: 1, highest: 5 });
});

test('while an endpoint does not answer, its readings are unknown, and those of the whole hold are kept', async () => {
  const { observed } = await observe((read) => read === 3);
  const share = ROW_COLUMNS.indexOf('syncMatchShare');
  expect(observed.overTime!.map((row) => row[share])).toEqual([0.9, null, null, 0.9]);
  expect(observed.server.unknown).toEqual(['metrics endpoint 1 did not answer (ECONNREFUSED)']);
  expect(observed.server.readings.find(({ name }) => name === 'successful polls')).toMatchObject({ count: 400 });
});
