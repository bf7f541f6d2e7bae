import type { BenchmarkResult } from '../../report/result-schema';
import { freePort } from '../../machine/embedded-server';
import { Cluster } from '../support/cluster';
import { testNeeding } from '../support/needs';
import { canHavePrometheus, Prometheus } from '../support/prometheus';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(120_000);

const load = { rate: 20, duration: '10s', rampUp: '1s', lanes: 1 };

async function measured(name: string, targetConfig: readonly string[], spec: object = {}): Promise<BenchmarkResult> {
  const cluster = await Cluster.start({ generators: 1, targetConfig, withMetrics: true });
  const result = await cluster.benchmark(name, { ...load, ...spec });
  expectSoundAccount(result);
  await cluster.stop();
  return result;
}

test.each<[name: string, setting: string, knob: string, spec?: object]>([
  // Completions that take two seconds, of each of which a client wants to hear.
  ['concurrent', 'frontend.namespaceCount=15', 'frontend.namespaceCount', { workload: 'timer', timerDuration: '2s' }],
  ['history-rps', 'history.rps=100', 'history.rps'],
  ['matching-rps', 'matching.rps=60', 'matching.rps'],
  ['history-persistence', 'history.persistenceMaxQPS=150', 'history.persistenceMaxQPS'],
  // Namespaces are read by it, and so nearly every call waits for it.
  ['frontend-persistence', 'frontend.persistenceMaxQPS=5', 'frontend.persistenceMaxQPS'],
])('%s: the limit within the cluster is named first, with its key', async (name, setting, knob, spec = {}) => {
  // Nobody waits for the backlog to be worked off.
  const result = await measured(name, [setting], { ...spec, rate: 40, duration: '7s', completionTimeout: '5s' });
  expect(result.outcome).not.toBe('PASSED');
  expect(result.findings[0]).toMatchObject({ knob, confidence: 'high', setting: { key: knob } });
});

testNeeding(canHavePrometheus, 'Prometheus or apt-get')(
  'a Prometheus that scrapes the cluster already is asked instead',
  async () => {
    const port = await freePort();
    const prometheus = await Prometheus.scraping(`127.0.0.1:${port}`);
    const env = {
      BENCHMARK_SERVER_PROMETHEUS: `http://${prometheus.address}/`,
      BENCHMARK_SERVER_PROMETHEUS_TOKEN: 'planted-token',
      BENCHMARK_SERVER_PROMETHEUS_SELECTOR: 'job="benchmark"',
    };
    const cluster = await Cluster.start({ generators: 1, withMetrics: port, env });
    const result = await cluster.benchmark('asked', load);
    expectSoundAccount(result);
    const [hold] = result.steps.filter((step) => step.counted);
    const { endpoints, readings, unknown } = result.cluster!;
    expect([endpoints, unknown]).toEqual([1, []]);
    const created = readings.find(({ labels }) => labels === 'CreateWorkflowExecution')!;
    // It scrapes once a second, so either end of the hold may be a second off.
    expect(Math.abs(created.count! - hold!.ledger.acknowledged)).toBeLessThan(50);
    expect(JSON.stringify(result)).not.toContain('planted-token');
    await cluster.stop();
    await prometheus.stop();
  },
);

test('metrics that do not answer are unknown with the reason, and the run is none the worse for it', async () => {
  const nobody = 'http://127.0.0.1:9/metrics';
  const cluster = await Cluster.start({ generators: 1, env: { BENCHMARK_SERVER_METRICS: nobody } });
  const result = await cluster.benchmark('unread', { ...load, duration: '4s' });
  expect(result.cluster).toMatchObject({ endpoints: 1, readings: [] });
  expect(result.cluster!.unknown).toEqual([expect.stringMatching(/^metrics endpoint 1 did not answer \(/)]);
  expect(JSON.stringify(result)).not.toContain('127.0.0.1:9/');
  await cluster.stop();
});
