import type { BenchmarkResult } from '../../report/result-schema';
import { eventually, Home, parseResult } from '../support/cli';
import { PostgresCluster } from '../support/postgres-cluster';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(900_000);

let cluster: PostgresCluster;
let home: Home;
beforeAll(async () => {
  cluster = await PostgresCluster.start();
  await cluster.add('history');
  // The server tells of its connections once a minute.
  const tellsOfPool = (url: string) =>
    fetch(url).then(async (page) => /^persistence_sql_in_use/m.test(await page.text()));
  const pages = cluster.metrics.filter((_url, i) => i !== 2);
  await eventually('the pools', async () => (await Promise.all(pages.map(tellsOfPool))).every(Boolean), 120_000);
});
afterAll(async () => await cluster?.stop());
beforeEach(() => (home = new Home()));
afterEach(async () => await home.leave());

async function measured(...options: string[]): Promise<BenchmarkResult> {
  const load = ['--rate', '15', '--duration', '15s', '--ramp-up', '2s', '-o', 'json'];
  const target = ['--address', cluster.address, '--server-metrics', cluster.metrics.join(',')];
  const result = parseResult(await home.run(['run', ...load, ...target, ...options]).ended);
  expectSoundAccount(result);
  return result;
}

test('metrics of all four services, of two replicas of history, are read and added up, and no limit is named', async () => {
  const result = await measured();
  expect(result.findings).toMatchObject([{ name: 'no limit reached' }]);
  expect(result.system).toMatchObject({
    services: { frontend: 1, history: 2, matching: 1, worker: 1 },
    historyShards: 4,
    persistence: 'postgres12',
  });
  const [hold] = result.steps.filter((step) => step.counted);
  const { endpoints, readings, unknown } = result.cluster!;
  expect([endpoints, unknown]).toEqual([5, []]);
  const of = (name: string, what: string) =>
    readings.find((reading) => reading.name === name && reading.labels === what);
  // What the clients saw start is what the frontend says, and what the replicas of history wrote together.
  const near = (count: number | undefined) =>
    expect(Math.abs((count ?? NaN) - hold!.ledger.acknowledged)).toBeLessThan(20);
  near(of('starts', 'frontend #1')!.count);
  near(of('persistence latency', 'CreateWorkflowExecution')!.count);
  near(of('successful polls', '')!.count);
  for (const service of ['frontend #1', 'history #1', 'history #2', 'matching #1'])
    expect(of('requests', service)!.count).toBeGreaterThan(100);
  for (const replica of ['history #1', 'history #2', 'matching #1'])
    expect(of('database connection limit', `${replica}/main`)!.highest).toBe(20);
  expect(of('service rate limit', 'frontend #1')!.highest).toBe(100_000);
});

test('a slow database: it is named first', async () => {
  cluster.database.delay(5);
  const result = await measured('--max-p99', '200ms');
  cluster.database.delay(0);
  expect(result.passed).toBe(false);
  expect(result.findings[0]).toMatchObject({ name: 'slow database', knob: 'the size of the database' });
});
