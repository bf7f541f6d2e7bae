import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { DASHBOARDS } from '../../machine/metrics/dashboard';
import { grafanaDashboard } from '../../machine/metrics/grafana';
import { SYMPTOMS } from '../../measurement/findings/symptom-table';
import { SERVER_MEASURES, type ServerMeasure } from '../../measurement/server/server-measures';

/** Metric names that a frontend, a history and a matching service (server 1.32, PostgreSQL) served under load. */
const served = new Set(readFileSync(join(__dirname, 'server-metric-names.txt'), 'utf8').split('\n'));
/** Metrics that appear only after an error or on DSQL. tests/long/cluster reads the first two from a real server. */
const sometimes = ['service_errors_resource_exhausted', 'persistence_errors_resource_exhausted', 'dsql_'];

const bare = (metric: string) => metric.replace(/_(bucket|sum|count|total)$/, '').replace(/_(milli)?seconds$/, '');
const known = (metric: string) => served.has(metric) || sometimes.some((name) => metric.startsWith(name));

const files = Object.keys(DASHBOARDS) as (keyof typeof DASHBOARDS)[];

test('a server serves every cluster metric that the dashboards query', () => {
  const sections = files.flatMap((file) => [...DASHBOARDS[file].sections]);
  const queries = sections.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries.map(([, expr]) => expr)));
  const withoutLabels = queries.map((expr) => expr.replace(/by \([^)]*\)|\{[^}]*\}/g, ''));
  const words = withoutLabels.flatMap((expr) => expr.match(/[a-z][a-z0-9_]+_[a-z0-9_]+(?=[[{)]|$)/g) ?? []);
  const ofServer = [...new Set(words.map(bare))].filter((word) => !/^(benchmark|temporal)_/.test(word));
  expect(ofServer.length).toBeGreaterThan(20);
  expect(ofServer.filter((metric) => !known(metric))).toEqual([]);
});

test('a server serves the first metric name of every measure', () => {
  const metrics = SERVER_MEASURES.map(({ metrics: [first] }: ServerMeasure) => first);
  expect(metrics.filter((metric) => !known(metric))).toEqual([]);
});

const chartsOf = (file: keyof typeof DASHBOARDS) =>
  grafanaDashboard(file).panels.flatMap((panel) => ('targets' in panel ? [panel] : []));

test.each(files)(
  '%s: every query of the benchmark is restricted by the labels of the collector, and every variable has a query that uses it',
  (file) => {
    const collector = readFileSync(join(__dirname, '..', '..', 'infra', 'collector', 'scrape.yaml'), 'utf8');
    const [scrape] = (parse(collector) as { scrape_configs: { relabel_configs: { target_label?: string }[] }[] })
      .scrape_configs;
    const collected = new Set(scrape!.relabel_configs.map(({ target_label: label }) => label));
    const expressions = chartsOf(file).flatMap(({ targets }) => targets.map(({ expr }) => expr));
    for (const expr of expressions.filter((one) => /\b(benchmark|temporal)_/.test(one))) {
      const metrics = expr.match(/\b(benchmark|temporal)_\w+/g)!;
      for (const label of ['environment', 'run', 'task_role'] as const) {
        expect(collected.has(label)).toBe(true);
        expect(expr.split(`${label}=~"$${label}"`)).toHaveLength(metrics.length + 1);
      }
    }
    // A Temporal server has workers too. A Prometheus that scrapes both must not mix them.
    for (const expr of expressions) expect(expr).not.toMatch(/\btemporal_\w+(?!\w|\{role!="")/);
    const { list } = grafanaDashboard(file).templating;
    for (const { name } of list.filter((variable) => variable.name !== 'datasource'))
      expect([name, expressions.some((expr) => expr.includes(`${name}=~"$${name}"`))]).toEqual([name, true]);
  },
);

test.each(files)('%s: every panel has a description, and a legend with the last, mean and highest value', (file) => {
  expect(chartsOf(file).length).toBeGreaterThan(15);
  for (const { title, description, options } of chartsOf(file)) {
    expect([title, description]).toEqual([title, expect.stringMatching(/^[A-Za-z0-9][^\n]{10,}\.$/)]);
    expect(options.legend).toMatchObject({ displayMode: 'table', calcs: ['lastNotNull', 'mean', 'max'] });
  }
});

test('each dashboard has an ID and a title of its own, and links to the others by a tag that all have', () => {
  const dashboards = files.map(grafanaDashboard);
  expect(new Set(dashboards.map(({ uid }) => uid)).size).toBe(files.length);
  expect(new Set(dashboards.map(({ title }) => title)).size).toBe(files.length);
  for (const { links } of dashboards) {
    expect(links).toEqual([expect.objectContaining({ type: 'dashboards', includeVars: true, keepTime: true })]);
    for (const { tags } of dashboards) expect(tags).toEqual(expect.arrayContaining(links[0]!.tags));
  }
});

const charts = chartsOf('cluster.json');

test.each([
  ['Persistence latency, p95', 'slow database', /^50 ms/, 'at most', 0.05],
  ['Shard lock latency, p95', 'shard lock contention', /below 5 ms/, 'at most', 0.005],
  ['Sync match rate', 'low sync match rate', /less than 95 %/, 'at least', 0.95],
  ['Visibility latency, p95', 'slow visibility store', /^500 ms/, 'at most', 0.5],
  ['Connections of the fullest replica', 'database connection pool exhausted', /^90 %/, 'at most', 0.9],
  ['Emptiest connection reservoir', 'connection reservoir drained (DSQL)', /less than half/, 'at least', 0.5],
] as const)(
  '%s: the line in the panel is the threshold of the finding "%s"',
  (title, finding, threshold, kind, value) => {
    const symptom = SYMPTOMS.find(({ name }) => name === finding)!;
    expect(symptom.threshold).toMatch(threshold);
    const { thresholds, custom } = charts.find((chart) => chart.title === title)!.fieldConfig.defaults;
    const colors = kind === 'at most' ? ['green', 'red'] : ['red', 'green'];
    expect(thresholds!.steps).toEqual([
      { color: colors[0], value: null },
      { color: colors[1], value },
    ]);
    expect(custom.thresholdsStyle.mode).toBe('dashed');
  },
);
