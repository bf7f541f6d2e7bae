import { CLUSTER_SECTIONS } from './cluster-panels';
import { quantile, rate, type Panel, type Section } from './panels';

function quantiles(metric: string, by = ''): Panel['queries'] {
  return ([0.5, 0.95, 0.99] as const).map((q) => [`p${q * 100}`, quantile(q, metric, by)]);
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
    title: 'Workers of the benchmark',
    panels: [
      {
        title: 'Free task slots',
        unit: 'short',
        queries: [['{{role}} {{worker_type}}', 'min by (role, worker_type) (temporal_worker_task_slots_available)']],
      },
      {
        title: 'Pollers',
        unit: 'short',
        queries: [['{{role}} {{poller_type}}', 'sum by (role, poller_type) (temporal_num_pollers)']],
      },
      {
        title: 'Sticky cache',
        unit: 'short',
        queries: [['{{role}} workflows', 'sum by (role) (temporal_sticky_cache_size)']],
      },
    ],
  },
  ...CLUSTER_SECTIONS,
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
      const note = panel.description ?? description;
      const optional = note === undefined ? {} : { description: note };
      return { type: 'timeseries', title: panel.title, ...optional, datasource, gridPos, fieldConfig, targets };
    });
    y += Math.ceil(inside.length / 3) * 8;
    return [row, ...placed];
  });
  return {
    title: 'Temporal benchmark',
    // Not `temporal-benchmark`, which is the id of another project's dashboard.
    uid: 'temporal-benchmark-load',
    schemaVersion: 39,
    tags: ['temporal', 'benchmark'],
    time: { from: 'now-15m', to: 'now' },
    refresh: '5s',
    templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' }] },
    panels: panels.map((panel, i) => ({ id: i + 1, ...panel })),
  };
}
