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
    for (const value of Object.values(left)) expect(value).toBeCloseTo(0, 9);
  }
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
