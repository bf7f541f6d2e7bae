import fc from 'fast-check';
import { Registry } from 'prom-client';
import { LaneMetrics } from '../../machine/metrics/lane-metrics';
import { QueueMetrics } from '../../machine/metrics/queue-metrics';

async function rates({ registry }: { registry: Registry }): Promise<Record<string, number>> {
  const all = await registry.getMetricsAsJSON();
  const gauges = all.filter(({ type }) => String(type) === 'gauge');
  return Object.fromEntries(gauges.flatMap(({ name, values }) => values.map(({ value }) => [name, value])));
}

test('after the lanes of a run have ended, every rate is 0, also if they ended within a second', async () => {
  const metrics = new LaneMetrics();
  for (let step = 0; step < 3; step += 1) {
    const lane = metrics.lane('simple', 'namespace');
    lane.acknowledged('simple');
    lane.completed('simple', 5);
    lane.gauges({ inFlight: 1, awaited: 2, targetRate: 3 });
    expect((await rates(metrics)).benchmark_throughput_per_second).toBeGreaterThan(0);
    lane.acknowledged('simple');
    lane.completed('simple', 5);
    lane.end();
    const left = await rates(metrics);
    expect(Object.keys(left)).toContain('benchmark_throughput_per_second');
    for (const value of Object.values(left)) expect(value).toBe(0);
  }
});

test('gauges are sums over the lanes, and exactly 0 after the last one has ended, whatever fractions they were', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(2), fc.double({ min: 0, max: 100, noNaN: true })), { maxLength: 12 }),
      async (changes) => {
        const metrics = new LaneMetrics();
        const lanes = [0, 1, 2].map(() => metrics.lane('simple', 'namespace'));
        const last = [0, 0, 0];
        for (const [lane, targetRate] of changes) {
          last[lane] = targetRate;
          lanes[lane]!.gauges({ inFlight: 1, awaited: 1, targetRate });
        }
        const sum = last.reduce((all, rate) => all + rate, 0);
        expect((await rates(metrics)).benchmark_target_rate_per_second ?? 0).toBeCloseTo(sum, 9);
        for (const lane of lanes) lane.end();
        for (const value of Object.values(await rates(metrics))) expect(value).toBe(0);
      },
    ),
    { numRuns: 50 },
  );
});

test('the backlog of a task queue has no value after its last step has ended; consecutive steps overlap', async () => {
  const registry = new Registry();
  const queues = new QueueMetrics(registry);
  const [first, second] = [queues.observe(), queues.observe()];
  first.sample('workflow', { atMs: 1, backlog: 3000, ageMs: 5000, addedPerSecond: 1, dispatchedPerSecond: 1 });
  first.end();
  expect((await rates({ registry })).benchmark_task_queue_backlog).toBe(3000);
  second.end();
  expect(await rates({ registry })).toEqual({});
});
