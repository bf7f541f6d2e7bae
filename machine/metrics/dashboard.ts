/** A panel of the dashboard. */
interface Panel {
  readonly title: string;
  readonly unit: 's' | 'short' | 'ops' | 'percentunit';
  readonly queries: readonly (readonly [legend: string, expr: string])[];
}

interface Section {
  readonly title: string;
  /** A note that each panel of the section shows. */
  readonly description?: string;
  readonly panels: readonly Panel[];
}

const RATE = '$__rate_interval';

function quantiles(metric: string, by = ''): Panel['queries'] {
  return ([0.5, 0.95, 0.99] as const).map((q) => [`p${q * 100}`, quantile(q, metric, by)]);
}

function quantile(q: number, metric: string, by = '', where = ''): string {
  return `histogram_quantile(${q}, sum by (le${by && `, ${by}`}) (rate(${metric}_bucket${where}[${RATE}])))`;
}

function rate(metric: string, by: string, where = ''): string {
  return `sum by (${by}) (rate(${metric}${where}[${RATE}]))`;
}

/** The sections of the dashboard. */
export const DASHBOARD: readonly Section[] = [
  {
    title: 'Load',
    panels: [
      {
        title: 'Workflows per second',
        unit: 'ops',
        queries: [
          ['target', 'sum(benchmark_target_rate_per_second)'],
          ['started', 'sum(benchmark_achieved_rate_per_second)'],
          ['completed', 'sum(benchmark_throughput_per_second)'],
        ],
      },
      { title: 'Latency from the due time', unit: 's', queries: quantiles('benchmark_workflow_latency_seconds') },
      {
        title: 'Starts rejected or unanswered',
        unit: 'ops',
        queries: [['{{code}} {{cause}} {{scope}}', rate('benchmark_workflows_rejected_total', 'code, cause, scope')]],
      },
      {
        title: 'Arrivals skipped',
        unit: 'ops',
        queries: [['{{reason}}', rate('benchmark_workflows_skipped_total', 'reason')]],
      },
      {
        title: 'Latency of calls to the target, p95',
        unit: 's',
        queries: [['{{operation}}', quantile(0.95, 'benchmark_request_latency_seconds', 'operation')]],
      },
      {
        title: 'In flight',
        unit: 'short',
        queries: [
          ['unanswered starts', 'sum(benchmark_in_flight)'],
          ['awaited completions', 'sum(benchmark_awaited)'],
        ],
      },
    ],
  },
  {
    title: 'Benchmark',
    panels: [
      { title: 'Schedule lag', unit: 's', queries: quantiles('benchmark_schedule_lag_seconds') },
      {
        title: 'Event loop delay of the processes, p99',
        unit: 's',
        queries: [['{{role}}', 'max by (role) (benchmark_event_loop_delay_seconds)']],
      },
      {
        title: 'Workflow tasks: schedule to start, p95',
        unit: 's',
        queries: [['{{role}}', quantile(0.95, 'temporal_workflow_task_schedule_to_start_latency', 'role')]],
      },
      { title: 'Phase', unit: 'short', queries: [['{{phase}}', 'max by (phase) (benchmark_phase)']] },
    ],
  },
  {
    title: 'Task queues',
    panels: [
      { title: 'Backlog', unit: 'short', queries: [['{{type}}', 'max by (type) (benchmark_task_queue_backlog)']] },
      {
        title: 'Age of the oldest task',
        unit: 's',
        queries: [['{{type}}', 'max by (type) (benchmark_task_queue_backlog_age_seconds)']],
      },
      {
        title: 'Tasks per second',
        unit: 'ops',
        queries: [
          ['{{type}} added', 'max by (type) (benchmark_task_queue_added_per_second)'],
          ['{{type}} dispatched', 'max by (type) (benchmark_task_queue_dispatched_per_second)'],
        ],
      },
    ],
  },
  {
    title: 'Cluster (if its own metrics are scraped too)',
    description:
      'Some servers record latencies in milliseconds under the same names. These panels expect seconds, which is a setting of the server.',
    panels: [
      {
        title: 'Persistence latency, p95',
        unit: 's',
        queries: [['{{operation}}', quantile(0.95, 'persistence_latency', 'operation')]],
      },
      {
        title: 'Shard lock latency, p95',
        unit: 's',
        queries: [['shard lock', quantile(0.95, 'semaphore_latency', '', '{operation="ShardInfo"}')]],
      },
      {
        title: 'Sync match rate',
        unit: 'percentunit',
        queries: [['sync match', `sum(rate(poll_success_sync[${RATE}])) / sum(rate(poll_success[${RATE}]))`]],
      },
      {
        title: 'Requests rejected within the cluster',
        unit: 'ops',
        queries: [
          [
            '{{service_name}} {{resource_exhausted_cause}}',
            rate('service_errors_resource_exhausted', 'service_name, resource_exhausted_cause'),
          ],
        ],
      },
      {
        title: 'Database connections',
        unit: 'short',
        queries: [
          ['{{service_name}} in use', 'sum by (service_name, db_kind) (persistence_sql_in_use)'],
          ['{{service_name}} allowed', 'sum by (service_name, db_kind) (persistence_sql_max_open_conn)'],
        ],
      },
      {
        title: 'Visibility latency, p95',
        unit: 's',
        queries: [['{{operation}}', quantile(0.95, 'visibility_persistence_latency', 'operation')]],
      },
    ],
  },
];

/** Returns infra/grafana/benchmark.json: a dashboard to import. Grafana asks for the data source. */
export function grafanaDashboard(): object {
  const datasource = { type: 'prometheus', uid: '${datasource}' };
  let y = 0;
  const panels = DASHBOARD.flatMap(({ title, description, panels: inside }) => {
    const row = { type: 'row', title, collapsed: false, gridPos: { x: 0, y, w: 24, h: 1 }, panels: [] };
    y += 1;
    const placed = inside.map((panel, i) => {
      const gridPos = { x: (i % 3) * 8, y: y + Math.floor(i / 3) * 8, w: 8, h: 8 };
      const targets = panel.queries.map(([legendFormat, expr], at) => {
        return { refId: String.fromCharCode(65 + at), datasource, expr, legendFormat };
      });
      const fieldConfig = { defaults: { unit: panel.unit, min: 0 }, overrides: [] };
      const optional = description === undefined ? {} : { description };
      return { type: 'timeseries', title: panel.title, ...optional, datasource, gridPos, fieldConfig, targets };
    });
    y += Math.ceil(inside.length / 3) * 8;
    return [row, ...placed];
  });
  return {
    title: 'Temporal benchmark',
    uid: 'temporal-benchmark',
    schemaVersion: 39,
    tags: ['temporal', 'benchmark'],
    time: { from: 'now-15m', to: 'now' },
    refresh: '5s',
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' }] },
    panels: panels.map((panel, i) => ({ id: i + 1, ...panel })),
  };
}
