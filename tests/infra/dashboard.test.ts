import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DASHBOARD } from '../../machine/metrics/dashboard';
import { SERVER_MEASURES, type ServerMeasure } from '../../measurement/server/server-measures';

/** Metric names that a frontend, a history and a matching service (server 1.32, PostgreSQL) served under load. */
const served = new Set(readFileSync(join(__dirname, 'server-metric-names.txt'), 'utf8').split('\n'));
/** Metrics that appear only after an error or on DSQL. tests/long/cluster reads the first two from a real server. */
const sometimes = ['service_errors_resource_exhausted', 'persistence_errors_resource_exhausted', 'dsql_'];

const bare = (metric: string) => metric.replace(/_(bucket|sum|count|total)$/, '').replace(/_(milli)?seconds$/, '');
const known = (metric: string) => served.has(metric) || sometimes.some((name) => metric.startsWith(name));

test('a server serves every cluster metric that the dashboard queries', () => {
  const queries = DASHBOARD.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries.map(([, expr]) => expr)));
  const withoutLabels = queries.map((expr) => expr.replace(/by \([^)]*\)|\{[^}]*\}/g, ''));
  const words = withoutLabels.flatMap((expr) => expr.match(/[a-z][a-z0-9_]+_[a-z0-9_]+(?=[[{)]|$)/g) ?? []);
  const ofServer = [...new Set(words.map(bare))].filter((word) => !/^(benchmark|temporal)_/.test(word));
  expect(ofServer.length).toBeGreaterThan(7);
  expect(ofServer.filter((metric) => !known(metric))).toEqual([]);
});

test('a server serves the first metric name of every measure', () => {
  const metrics = SERVER_MEASURES.map(({ metrics: [first] }: ServerMeasure) => first);
  expect(metrics.filter((metric) => !known(metric))).toEqual([]);
});
