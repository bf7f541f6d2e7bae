/** One panel: what it shows, and the queries behind it. */
interface Panel {
  readonly title: string;
  readonly unit: 's' | 'short' | 'ops' | 'percentunit';
  readonly queries: readonly (readonly [legend: string, expr: string])[];
}

interface Section {
  readonly title: string;
  /** What to know of all its panels. */
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

/** What is worth watching while a run goes on: the load, what executes it, and the cluster. */
export const DASHBOARD: readonly Section[] = [
  {
    title: 'The load',
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
        title: 'Starts refused or unanswered',
        unit: 'ops',
        queries: [['{{code}} {{cause}} {{scope}}', rate('benchmark_workflows_rejected_total', 'code, cause, scope')]],
      },
      {
        title: 'Arrivals that were not sent',
        unit: 'ops',
        queries: [['{{reason}}', rate('benchmark_workflows_skipped_total', 'reason')]],
      },
      {
        title: 'Calls of the load connection, p95',
        unit: 's',
        queries: [['{{operation}}', quantile(0.95, 'benchmark_request_latency_seconds', 'operation')]],
      },
      {
        title: 'Under way',
        unit: 'short',
        queries: [
          ['starts without an answer', 'sum(benchmark_in_flight)'],
          ['completions awaited', 'sum(benchmark_awaited)'],
        ],
      },
    ],
  },
  {
    title: 'The benchmark itself',
    panels: [
      { title: 'Schedule lag', unit: 's', queries: quantiles('benchmark_schedule_lag_seconds') },
      {
        title: "Delay of the processes' event loops, p99",
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
    title: 'The task queues',
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
          ['{{type}} handed out', 'max by (type) (benchmark_task_queue_dispatched_per_second)'],
        ],
      },
    ],
  },
  {
    title: 'The cluster (where its own metrics are scraped too)',
    description: 'A server that is not told to time in seconds has its latencies in milliseconds under the same names.',
    panels: [
      {
        title: 'Persistence latency, p95',
        unit: 's',
        queries: [['{{operation}}', quantile(0.95, 'persistence_latency', 'operation')]],
      },
      {
        title: 'Waiting for a shard, p95',
        unit: 's',
        queries: [['shard lock', quantile(0.95, 'semaphore_latency', '', '{operation="ShardInfo"}')]],
      },
      {
        title: 'Tasks handed to a waiting worker',
        unit: 'percentunit',
        queries: [['sync match', `sum(rate(poll_success_sync[${RATE}])) / sum(rate(poll_success[${RATE}]))`]],
      },
      {
        title: 'Refused within the cluster',
        unit: 'ops',
        queries: [
          [
            '{{service_name}} {{resource_exhausted_cause}}',
            rate('service_errors_resource_exhausted', 'service_name, resource_exhausted_cause'),
          ],
        ],
      },
      {
        title: 'Connections to the database',
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

/** infra/grafana/benchmark.json: a dashboard to import, with the data source to choose there. */
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
      const about = description === undefined ? {} : { description };
      return { type: 'timeseries', title: panel.title, ...about, datasource, gridPos, fieldConfig, targets };
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
