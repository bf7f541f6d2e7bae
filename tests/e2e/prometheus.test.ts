import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../machine/embedded-server';
import { grafanaDashboard } from '../../machine/metrics/grafana';
import { eventually, Home, parseResult } from '../support/cli';
import { testNeeding } from '../support/needs';
import { canHavePrometheus, lintMetrics, Prometheus } from '../support/prometheus';
import { expectSoundAccount, sum } from '../support/result';

jest.setTimeout(180_000);

const here = testNeeding(canHavePrometheus, 'Prometheus or apt-get');

let home: Home;
let prometheus: Prometheus | undefined;
beforeEach(() => (home = new Home()));
afterEach(async () => {
  await prometheus?.stop();
  prometheus = undefined;
  await home.leave();
});

/** Panels of errors that a healthy run may have, and of a gauge that the server sets once a minute. */
const BY_CHANCE = ['Errors', 'Persistence errors', 'Database connections'];
/** What a healthy server on SQLite does not serve. */
const NEVER = /resource_exhausted|dsql_/;

/** Returns the address of the metrics of the run's embedded target: host:port. */
function targetMetrics(): string | undefined {
  const [session] = home.sessions;
  if (session === undefined) return undefined;
  const file = join(home.dir, 'state', 'temporal-benchmark', 'sessions', session, 'processes.json');
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { targetMetrics?: string }).targetMetrics;
  } catch {
    return undefined; // Not written yet.
  }
}

/** R3.8: each of the SDK's metrics is on the page, with the labels by which a dashboard groups it. */
function expectSdkMetrics(page: string): void {
  const expected: [metric: string, labels: Record<string, string>][] = [
    ['temporal_request_latency_count', { operation: 'RespondWorkflowTaskCompleted', namespace: 'benchmark-control' }],
    ['temporal_request_latency_count', { operation: 'StartWorkflowExecution', service_name: 'temporal-benchmark' }],
    ['temporal_long_request_latency_count', { operation: 'PollWorkflowTaskQueue', task_queue: 'benchmark-control' }],
    ['temporal_long_request', { operation: 'PollActivityTaskQueue', task_queue: 'benchmark-load-0' }],
    ['temporal_workflow_task_schedule_to_start_latency_count', { task_queue: 'benchmark-control' }],
    ['temporal_activity_schedule_to_start_latency_count', { task_queue: 'benchmark-load-0' }],
    ['temporal_workflow_endtoend_latency_count', { workflow_type: 'LoadStep', task_queue: 'benchmark-control' }],
  ];
  const samples = page.split('\n');
  for (const [metric, labels] of expected) {
    const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
    const isThere = (line: string) => line.startsWith(`${metric}{`) && pairs.every((pair) => line.includes(pair));
    expect([metric, labels, samples.some(isThere)]).toEqual([metric, labels, true]);
  }
  // Failures occur by chance, e.g. the heartbeat of an activity that has just ended.
  for (const line of samples.filter((sample) => sample.startsWith('temporal_request_failure{')))
    expect(line).toMatch(/operation="\w+".*status_code="[A-Z_]+"/);
}

here("a real Prometheus scrapes a real run: its rates are the result's within 1 %, its totals the ledger", async () => {
  const address = `127.0.0.1:${await freePort()}`;
  // The embedded target has a metrics port that the test reads from the state of the run.
  const targets = join(home.dir, 'targets.json');
  writeFileSync(targets, '[]');
  const scrape = { scrape_interval: '1s' };
  prometheus = await Prometheus.configured({
    scrape_configs: [
      { ...scrape, job_name: 'benchmark', static_configs: [{ targets: [address] }] },
      { ...scrape, job_name: 'cluster', file_sd_configs: [{ files: [targets], refresh_interval: '1s' }] },
    ],
  });
  const load = ['--rate', '25', '--duration', '30s', '--ramp-up', '2s', '--workload', 'mix'];
  const mix = ['--mix', 'signal=1,simple=4', '--messages', '2'];
  const options = ['-o', 'json', '--metrics-address', address, '--metrics-linger', '6s'];
  const command = home.run(['run', ...load, ...mix, ...options]);
  const target = await eventually("the port of the target's metrics", targetMetrics);
  writeFileSync(targets, JSON.stringify([{ targets: [target] }]));
  await command.says(/hold 2\/2 .* p50/);
  const page = await (await fetch(`http://${address}/metrics`)).text();
  const latePage = await eventually(
    'the end of the drain',
    async () => {
      const text = await fetch(`http://${address}/metrics`).then((response) => response.text());
      return /^benchmark_phase\{.*phase="cleanup".*\} 1$/m.test(text) && text;
    },
    90_000,
  );
  expectSdkMetrics(latePage);
  const result = parseResult(await command.ended);
  const endedAt = Date.now() / 1000;
  expectSoundAccount(result);
  const [ramp, hold] = result.steps;
  const startedAt = Date.parse(result.timeline.loadStart!) / 1000;
  // A scrape at either end of the hold may see the ramp, or the silence after it.
  const within = Math.floor(hold!.durationMs / 1000) - 2;
  const at = startedAt + (hold!.startMs + hold!.durationMs) / 1000 - 1;
  const rate = (name: string) => prometheus!.value(`sum(rate(benchmark_${name}[${within}s]))`, at);
  const near = (measured: number, expected: number, tolerance = 0.01) =>
    expect(Math.abs(measured / expected - 1)).toBeLessThan(tolerance);
  near(await rate('workflows_scheduled_total'), hold!.rates.scheduled);
  near(await rate('workflows_sent_total'), hold!.rates.sent);
  near(await rate('workflows_acknowledged_total'), hold!.rates.acknowledged);
  // Workflows that are open at either edge of the window: a machine that stalls there moves their completions across it.
  const atTheEdges = hold!.latency.max! / 1000 / within;
  near(await rate('workflows_total{result="completed"}'), hold!.rates.completed, Math.max(0.01, atTheEdges));

  // Every query of the dashboard is one, and those on metrics of ours and of the SDK have something to show.
  const shownBy = async (expr: string, run: string) => {
    const query = expr.replaceAll('$__rate_interval', '10s').replaceAll('$run', run).replace(/\$\w+/g, '.*');
    return (await prometheus!.values(query, at)).filter((value) => !Number.isNaN(value));
  };
  const { panels, annotations } = grafanaDashboard('benchmark.json');
  const queries = panels.flatMap((panel) => ('targets' in panel ? panel.targets : []));
  for (const { legendFormat: legend, expr } of queries) {
    const shown = /benchmark_|temporal_/.test(expr) && !/by \((code|reason)/.test(expr);
    expect([legend, (await shownBy(expr, '.*')).length > 0]).toEqual([legend, shown]);
    if (shown) expect([legend, await shownBy(expr, 'another-run')]).toEqual([legend, []]);
  }
  // So is every query of the other dashboard, which shows the embedded target and the load.
  for (const panel of grafanaDashboard('cluster.json').panels.flatMap((one) => ('targets' in one ? [one] : []))) {
    for (const { legendFormat: legend, expr } of panel.targets) {
      const isShown = (await shownBy(expr, '.*')).length > 0;
      const expected = BY_CHANCE.includes(panel.title) ? isShown : !NEVER.test(expr);
      expect([panel.title, legend, isShown]).toEqual([panel.title, legend, expected]);
      if (expr.includes('$namespace'))
        expect([legend, await shownBy(expr.replaceAll('$namespace', 'another'), '.*')]).toEqual([legend, []]);
    }
  }
  // It marks the only phase that the run is in.
  expect(await shownBy(annotations.list[0]!.expr, '.*')).toEqual([1]);

  const total = (query: string) => prometheus!.value(`sum(${query})`, endedAt - 2);
  const { ledger, completion } = result;
  expect(await total('benchmark_workflows_scheduled_total')).toBe(ledger.scheduled);
  expect(await total('benchmark_workflows_acknowledged_total')).toBe(ledger.acknowledged);
  expect(await total('benchmark_workflows_total{result="completed"}')).toBe(completion.completed);
  expect(await total('benchmark_workflow_latency_seconds_count')).toBe(completion.completed);
  expect(sum(ledger.rejected) + sum(ledger.skipped)).toBe(0);
  // The mix's workloads are told apart, and what its signals took is among the requests.
  const simple = await total('benchmark_workflows_scheduled_total{workload="simple"}');
  expect(Math.abs(simple / ledger.scheduled - 0.8)).toBeLessThan(0.02);
  const requests = (operation: string) =>
    total(`benchmark_request_latency_seconds_count{operation="${operation}",code="OK"}`);
  expect(await requests('StartWorkflowExecution')).toBe(ledger.acknowledged);
  expect(await requests('SignalWorkflowExecution')).toBe(2 * (ledger.scheduled - simple));
  expect(ramp).toMatchObject({ kind: 'ramp' });

  const ours = page.split(/^(?=# HELP )/m).filter((family) => family.startsWith('# HELP benchmark_'));
  expect(ours.length).toBeGreaterThan(10);
  expect(lintMetrics(ours.join(''))).toBe('');
});

here('promtool finds what is wrong with a page, so that it would with ours', () => {
  expect(lintMetrics('# HELP benchmark_sends Sends\n# TYPE benchmark_sends counter\nbenchmark_sends 1\n')).toMatch(
    /should have "_total" suffix/,
  );
});
