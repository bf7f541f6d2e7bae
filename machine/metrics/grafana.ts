import { DASHBOARDS, PHASES, type Dashboard } from './dashboard';
import type { Panel } from './panels';

/** The labels of infra/collector/scrape.yaml, and `instance`, which Prometheus adds. */
const RUN_LABELS = ['environment', 'run', 'task_role', 'instance'] as const;

/** Metrics of a Temporal server that have the label `namespace`. */
const BY_NAMESPACE =
  'poll_success_sync|poll_success|service_errors_resource_exhausted|service_requests|service_error_with_type|service_latency_bucket|service_latency_seconds_bucket|service_latency_milliseconds_bucket';

/** Returns a query that the variables of the dashboard restrict. A series without one of the labels is shown for All. */
function selected(expr: string): string {
  const ofRun = RUN_LABELS.map(matching);
  const ofBenchmark = restrict(expr, 'benchmark_\\w+', ofRun);
  // A Temporal server has workers too, whose metrics have the same names and no role.
  const ofSdk = restrict(ofBenchmark, 'temporal_\\w+', ['role!=""', ...ofRun]);
  return restrict(ofSdk, `(?:${BY_NAMESPACE})(?:_total)?(?=[[{])`, [matching('namespace')]);
}

function matching(variable: string): string {
  return `${variable}=~"$${variable}"`;
}

/** Adds matchers to each selector whose metric has a name of the pattern. */
function restrict(expr: string, metrics: string, added: readonly string[]): string {
  const matchers = added.join(',');
  return expr.replace(
    new RegExp(`\\b(${metrics})(?:\\{([^}]*)\\})?`, 'g'),
    (_all, metric: string, own?: string) => `${metric}{${own === undefined ? '' : `${own},`}${matchers}}`,
  );
}

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** Returns a variable with the values of a label. The first labels restrict it. */
function variable(name: string, label: string, series: string) {
  const query = `label_values(${series}, ${name})`;
  return {
    name,
    label,
    type: 'query',
    datasource: DATASOURCE,
    definition: query,
    query: { query, refId: name },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: ['All'], value: ['$__all'] },
  };
}

const TAG = 'temporal-benchmark';

/** Links to the other dashboards with the tag, which keep the time and the selected run. */
const LINKS = {
  type: 'dashboards',
  title: 'Benchmark dashboards',
  tooltip: 'The same time and selection',
  icon: 'external link',
  tags: [TAG],
  asDropdown: false,
  includeVars: true,
  keepTime: true,
  targetBlank: false,
};

const VARIABLES = [
  { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' },
  ...RUN_LABELS.map((name, i) => {
    const restricted = RUN_LABELS.slice(0, i).map((label) => `${label}=~"$${label}"`);
    const label = name.replace('_', ' ').replace(/^./, (letter) => letter.toUpperCase());
    return variable(name, label, `benchmark_event_loop_delay_seconds{${restricted.join(',')}}`);
  }),
];

const NAMESPACE = variable(
  'namespace',
  'Namespace of the server',
  '{__name__=~"service_requests|service_requests_total"}',
);

function panelJson({ title, unit, queries, description, limit }: Panel, gridPos: object) {
  const targets = queries.map(([legendFormat, expr], at) => {
    return { refId: String.fromCharCode(65 + at), datasource: DATASOURCE, expr: selected(expr), legendFormat };
  });
  return {
    type: 'timeseries',
    title,
    description,
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        custom: { thresholdsStyle: { mode: limit ? 'dashed' : 'off' } },
        ...(limit && { thresholds: { mode: 'absolute', steps: thresholdSteps(limit) } }),
      },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'table', placement: 'bottom', showLegend: true, calcs: ['lastNotNull', 'mean', 'max'] },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    targets,
  };
}

function thresholdSteps([kind, value]: NonNullable<Panel['limit']>) {
  const colors = kind === 'at most' ? ['green', 'red'] : ['red', 'green'];
  return [
    { color: colors[0], value: null },
    { color: colors[1], value },
  ];
}

/** Returns a dashboard to import, such as infra/grafana/benchmark.json. Grafana asks for the data source. */
export function grafanaDashboard(file: keyof typeof DASHBOARDS) {
  const { title: name, uid, sections }: Dashboard = DASHBOARDS[file];
  const ofCluster = file === 'cluster.json';
  let y = 0;
  const panels = sections.flatMap(({ title, description, panels: inside }) => {
    const row = { type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 }, panels: [] };
    y += 1;
    const placed = inside.map((panel, i) => {
      const gridPos = { x: (i % 3) * 8, y: y + Math.floor(i / 3) * 8, w: 8, h: 8 };
      return panelJson({ description, ...panel }, gridPos);
    });
    y += Math.ceil(inside.length / 3) * 8;
    return [row, ...placed];
  });
  return {
    title: name,
    uid,
    schemaVersion: 39,
    tags: ['temporal', TAG],
    links: [LINKS],
    time: { from: 'now-15m', to: 'now' },
    refresh: '5s',
    // One crosshair for all panels.
    graphTooltip: 1,
    templating: { list: [...VARIABLES, ...(ofCluster ? [NAMESPACE] : [])] },
    annotations: { list: [phaseAnnotation()] },
    panels: panels.map((panel, i) => ({ id: i + 1, ...panel })),
  };
}

/** Marks the time of each phase in all panels: Grafana joins the adjacent points of a series to a region. */
function phaseAnnotation() {
  return {
    name: 'Phases',
    datasource: DATASOURCE,
    enable: true,
    iconColor: 'blue',
    expr: `${selected(PHASES)} == 1`,
    step: '5s',
    titleFormat: '{{phase}}',
  };
}
