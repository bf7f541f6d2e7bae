import type { BenchmarkResult } from '../../report/result-schema';
import { eventually, Home, parseResult } from '../support/cli';
import { PostgresCluster, type PostgresClusterOptions } from '../support/postgres-cluster';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(900_000);

let cluster: PostgresCluster;
let home: Home;
beforeEach(() => (home = new Home()));
afterEach(async () => {
  await home.leave();
  await cluster?.stop();
});

/** The load, unless a test says otherwise. */
const SHORT = ['--rate', '15', '--duration', '15s'];

async function measured(options: readonly string[] = [], load: readonly string[] = SHORT): Promise<BenchmarkResult> {
  const output = ['--ramp-up', '2s', '-o', 'json'];
  const target = ['--address', cluster.address, '--server-metrics', cluster.metrics.join(',')];
  const result = parseResult(await home.run(['run', ...load, ...output, ...target, ...options]).ended);
  expectSoundAccount(result);
  return result;
}

/** What names the metrics of a server. */
const SERVERS: readonly PostgresClusterOptions[] = [
  { framework: 'tally' },
  { framework: 'opentelemetry' },
  { framework: 'opentelemetry', timersInSeconds: true },
];

test.each(SERVERS)(
  '%j: metrics of all services, of two replicas of history, are added up, and no limit is named',
  async (options) => {
    cluster = await PostgresCluster.start(options);
    await cluster.add('history');
    // The server reports its connections once a minute.
    const reportsPool = (url: string) =>
      fetch(url).then(async (page) => /^persistence_sql_in_use/m.test(await page.text()));
    const pages = cluster.metrics.filter((_url, i) => i !== 2);
    await eventually('the pools', async () => (await Promise.all(pages.map(reportsPool))).every(Boolean), 120_000);
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
  },
);

/** What limits the cluster, with what it is planted, flags, what is named, and the load. */
const bottlenecks: readonly [string, PostgresClusterOptions, readonly string[], object, readonly string[]][] = [
  ['a slow database', {}, ['--max-p99', '200ms'], { name: 'slow database', knob: 'the size of the database' }, SHORT],
  [
    'a limit of the namespace',
    { limits: { 'frontend.namespaceRPS': 30 } },
    [],
    { name: 'namespace rate limit', knob: 'frontend.namespaceRPS' },
    SHORT,
  ],
  ['a limit of history', { limits: { 'history.rps': 30 } }, [], { knob: 'history.rps' }, SHORT],
  [
    'a full pool of connections',
    { maxConns: 2 },
    ['--max-p99', '100ms'],
    { name: 'database connection pool exhausted' },
    // The server reports its connections once a minute. More load would leave it without an answer for minutes.
    ['--rate', '5', '--duration', '75s'],
  ],
];

const planted = bottlenecks.flatMap(([what, ...rest]) => SERVERS.map((server) => [what, server, ...rest] as const));

test.each(planted)('%s is named first, %j', async (what, server, options, flags, finding, load) => {
  cluster = await PostgresCluster.start({ ...server, ...options });
  if (what === 'a slow database' || what === 'a full pool of connections') cluster.database.delay(5);
  const result = await measured(flags, load);
  expect(result.passed).toBe(false);
  // The whole cluster shares the CPUs of this machine with the generators, and a finding may say so first.
  const [first] = result.findings.filter(({ name }) => name !== "no CPU left on the generators' machine");
  expect(first).toMatchObject(finding);
});
