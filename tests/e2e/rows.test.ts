import { Cluster } from '../support/cluster';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(120_000);

const RAMP_MS = 6000;
const RATE = 10;

/** How many values a histogram of the server has, over the samples of one namespace. */
function countOf(page: string, metric: string, namespace: string): number {
  const samples = page.split('\n').filter((line) => line.startsWith(`${metric}_count{`));
  // The server replaces characters of label values that are no letters, digits or underscores.
  const own = samples.filter((line) => line.includes(`namespace="${namespace.replace(/\W/g, '_')}"`));
  return own.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

test('a run with a ramp, two lanes and activities: what it reports is what the server counted', async () => {
  const cluster = await Cluster.start({ generators: 2, withMetrics: true });
  const result = await cluster.benchmark('rows', {
    ...{ workload: 'state-transitions', rate: RATE, duration: '14s', rampUp: `${RAMP_MS}ms`, lanes: 2 },
    ...{ maxP99: '1m', minThroughput: 1 },
  });
  expectSoundAccount(result);
  const { namespace, workload, completion, ledger } = result;

  // R1.5: the server records one value of this histogram per state transition.
  const page = await (await fetch(`http://127.0.0.1:${cluster.metricsPort}/metrics`)).text();
  const counted = countOf(page, 'state_transition_count', namespace);
  const reported = workload!.stateTransitionsPerWorkflow * completion.completed;
  expect([counted, reported, Math.abs(counted / reported - 1) < 0.02]).toEqual([counted, reported, true]);

  const started = await startTimes(cluster, namespace);
  expect(started).toHaveLength(ledger.acknowledged);
  // R2.3, P5: each third of the ramp has more starts than the third before, and the hold more than the ramp.
  const begin = Date.parse(result.timeline.loadStart!);
  const within = (fromMs: number, toMs: number) =>
    started.filter(({ atMs }) => atMs >= begin + fromMs && atMs < begin + toMs).length;
  const thirds = [0, 1, 2].map((third) => within((third * RAMP_MS) / 3, ((third + 1) * RAMP_MS) / 3));
  expect(thirds).toEqual([...thirds].sort((a, b) => a - b));
  expect(thirds[0]).toBeLessThan(thirds[2]! / 2);
  expect(within(RAMP_MS, RAMP_MS + 2000)).toBeGreaterThan(thirds[2]!);
  // R2.5, P6: each lane started its share.
  const byLane = [0, 1].map((lane) => started.filter((one) => one.lane === lane).length);
  expect(Math.abs(byLane[0]! - byLane[1]!)).toBeLessThanOrEqual(result.steps.length);

  // R3.3: an activity ran between its start and the completion of its workflow.
  expect(workload!.activityExecution.count).toBe(10 * workload!.sampled);
  expect(workload!.activityExecution.p50).toBeGreaterThan(0);
  expect(workload!.activityExecution.p50).toBeLessThan(result.results.latency.p50);
  // R3.7: the server indexed the workflows of the run.
  const indexed = result.cluster!.readings.filter(({ name }) => name === 'visibility latency');
  expect(indexed.reduce((sum, { count = 0 }) => sum + count, 0)).toBeGreaterThanOrEqual(ledger.acknowledged / 2);
  // R6.3: what the system says of itself.
  expect(result.system).toMatchObject({ serverVersion: expect.stringMatching(/^\d+\.\d+\.\d+/), historyShards: 1 });
  await cluster.stop();
});

async function startTimes(cluster: Cluster, namespace: string) {
  const { executions } = await cluster.target.connection.workflowService.listWorkflowExecutions({
    namespace,
    pageSize: 1000,
  });
  return executions.map(({ execution, startTime }) => ({
    lane: Number(execution!.workflowId!.split('/').at(-2)),
    atMs: Number(startTime!.seconds) * 1000 + (startTime!.nanos ?? 0) / 1e6,
  }));
}
