import { Cluster } from '../../support/cluster';
import { expectSoundAccount } from '../../support/result';
import { variant } from '../../support/variant';

jest.setTimeout(120_000);

test('a healthy run: what the cluster did is read from its queues and its own metrics, and no limit is named', async () => {
  const cluster = await Cluster.start({ generators: 1, withMetrics: true });
  const load = { rate: 20, duration: '10s', rampUp: '1s', ...variant };
  const result = await cluster.benchmark('healthy', { ...load, workload: 'multi-activity', activityCount: 2 });
  expectSoundAccount(result);
  // No activity of the run was tried in vain: a retry that nobody sees costs seconds.
  const { events } = await cluster.client.workflow.getHandle('healthy').fetchHistory();
  const attempts = events!.flatMap(({ activityTaskStartedEventAttributes: started }) =>
    started ? [started.attempt] : [],
  );
  expect(new Set(attempts)).toEqual(new Set([1]));
  expect(events!.filter((event) => event.activityTaskFailedEventAttributes)).toEqual([]);
  await cluster.stop();
  expect(result.findings).toMatchObject([{ name: 'no limit reached' }]);
  const [hold] = result.steps.filter((step) => step.counted);
  const { workflow, activity } = hold!.queues!;
  // The server counts over about half a minute, so a short hold has not all of its rate in it.
  expect(workflow!.addedPerSecond).toBeGreaterThan(1);
  // Activities that a worker asks for itself are started without their queue.
  expect(activity!.samples).toBeGreaterThan(0);
  const { endpoints, readings, unknown } = result.cluster!;
  expect([endpoints, unknown]).toEqual([1, []]);
  expect(result.system.services).toEqual({ frontend: 1, history: 1, matching: 1, worker: 1 });
  const of = (name: string, what = '') => readings.find((reading) => reading.name === name && reading.labels === what);
  // Every workflow of the hold was created by one write, and those near its ends may be on either side.
  const created = of('persistence latency', 'CreateWorkflowExecution')!;
  expect(Math.abs(created.count! - hold!.ledger.acknowledged)).toBeLessThan(10);
  expect(created.p95Ms).toBeGreaterThan(0);
  expect(of('successful polls')!.count!).toBeGreaterThanOrEqual(of('sync-matched polls')!.count!);
  expect(of('shard lock latency')!.count).toBeGreaterThan(100);
  expect(readings.filter(({ name }) => name.startsWith('DSQL'))).toEqual([]);
});
