import { LIMITS } from '../../measurement/judging/validity-check';
import { CLUSTER_SECTIONS } from './cluster-panels';
import { quantile, rate, type Panel, type Section } from './panels';

function quantiles(metric: string, by = ''): Panel['queries'] {
  return ([0.5, 0.95, 0.99] as const).map((q) => [`p${q * 100}`, quantile(q, metric, by)]);
}

/** Whether a run is in a phase: 1 or 0. */
export const PHASES = 'max by (phase) (benchmark_phase)';

const total = (metric: string) => `sum(rate(${metric}[$__rate_interval]))`;

/** The panels that both dashboards begin with. */
const LOAD: readonly Panel[] = [
  {
    title: 'Workflows per second',
    unit: 'ops',
    description: 'If the cluster keeps up, all three are nearly equal.',
    queries: [
      ['target', 'sum(benchmark_target_rate_per_second)'],
      ['started', 'sum(benchmark_achieved_rate_per_second)'],
      ['completed', 'sum(benchmark_throughput_per_second)'],
    ],
  },
  {
    title: 'Latency from the due time',
    unit: 's',
    description: 'From the instant at which an arrival should be sent to the completion of its workflow.',
    queries: quantiles('benchmark_workflow_latency_seconds'),
  },
  {
    title: 'Error rate',
    unit: 'percentunit',
    description: 'Arrivals that were rejected, unanswered or not sent, as a share of those that fell due.',
    limit: ['at most', 0.01],
    queries: [
      [
        'errors',
        `((${total('benchmark_workflows_rejected_total')} or vector(0)) + (${total('benchmark_workflows_skipped_total')} or vector(0))) / ${total('benchmark_workflows_scheduled_total')}`,
      ],
    ],
  },
];

/** The sections of the dashboard of a run. Their queries are of all runs; the variables of the dashboard restrict them. */
const RUN_SECTIONS: readonly Section[] = [
  {
    title: 'Load',
    panels: [
      ...LOAD,
      {
        title: 'Starts rejected or unanswered',
        unit: 'ops',
        description: 'By gRPC code and, for RESOURCE_EXHAUSTED, by the limit that refused the start.',
        queries: [['{{code}} {{cause}} {{scope}}', rate('benchmark_workflows_rejected_total', 'code, cause, scope')]],
      },
      {
        title: 'Arrivals skipped',
        unit: 'ops',
        description: 'Arrivals that were not sent, by reason, for example because too many starts were in flight.',
        queries: [['{{reason}}', rate('benchmark_workflows_skipped_total', 'reason')]],
      },
      {
        title: 'Latency of calls to the target, p95',
        unit: 's',
        description: 'GetWorkflowExecutionHistory and Poll… are long polls, which wait for up to a minute.',
        queries: [['{{operation}}', quantile(0.95, 'benchmark_request_latency_seconds', 'operation')]],
      },
      {
        title: 'In flight',
        unit: 'short',
        description: 'Starts without an answer, and workflows whose completion is awaited.',
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
      {
        title: 'Schedule lag',
        unit: 's',
        description: `Send time minus due time. A hold is INVALID if its p99 exceeds ${LIMITS.lagFloorMs} ms and ${LIMITS.lagShareOfStart * 100} % of the median start latency.`,
        limit: ['at most', LIMITS.lagFloorMs / 1000],
        queries: quantiles('benchmark_schedule_lag_seconds'),
      },
      {
        title: 'Event loop delay of the processes, p99',
        unit: 's',
        description: 'How long a process of the benchmark was too busy to react.',
        queries: [['{{role}}', 'max by (role) (benchmark_event_loop_delay_seconds)']],
      },
      {
        title: 'CPU of the processes',
        unit: 'percentunit',
        description: '100 % is one core. The busiest process of each role.',
        queries: [['{{role}}', 'max by (role) (rate(benchmark_process_cpu_seconds_total[$__rate_interval]))']],
      },
      {
        title: 'Memory of the processes',
        unit: 'bytes',
        description: 'Resident memory of the largest process of each role.',
        queries: [['{{role}}', 'max by (role) (benchmark_process_resident_memory_bytes)']],
      },
      {
        title: 'Workflow tasks: schedule to start, p95',
        unit: 's',
        description: 'How long workflow tasks waited for a worker of the benchmark.',
        queries: [['{{role}}', quantile(0.95, 'temporal_workflow_task_schedule_to_start_latency', 'role')]],
      },
      {
        title: 'Phase',
        unit: 'short',
        description: 'The phase of the run; of several runs, the one that changed its phase last.',
        queries: [['{{phase}}', PHASES]],
      },
    ],
  },
  {
    title: 'Task queues',
    panels: [
      {
        title: 'Backlog',
        unit: 'short',
        description: 'Approximate number of tasks that wait in the task queue of the run.',
        queries: [['{{type}}', 'max by (type) (benchmark_task_queue_backlog)']],
      },
      {
        title: 'Age of the oldest task',
        unit: 's',
        description: 'Grows if the workers take fewer tasks than are added.',
        queries: [['{{type}}', 'max by (type) (benchmark_task_queue_backlog_age_seconds)']],
      },
      {
        title: 'Tasks per second',
        unit: 'ops',
        description: 'Tasks that were added to the task queue, and tasks that workers took from it.',
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
        description: 'The fewest free slots of a worker. At zero it polls no more tasks.',
        queries: [['{{role}} {{worker_type}}', 'min by (role, worker_type) (temporal_worker_task_slots_available)']],
      },
      {
        title: 'Pollers',
        unit: 'short',
        description: 'Open polls of the workers.',
        queries: [['{{role}} {{poller_type}}', 'sum by (role, poller_type) (temporal_num_pollers)']],
      },
      {
        title: 'Sticky cache',
        unit: 'short',
        description: 'Workflows that the workers keep in memory.',
        queries: [['{{role}} workflows', 'sum by (role) (temporal_sticky_cache_size)']],
      },
    ],
  },
];

export interface Dashboard {
  readonly title: string;
  readonly uid: string;
  readonly sections: readonly Section[];
}

/** The dashboards, by the name of their file in infra/grafana. */
export const DASHBOARDS = {
  // Not `temporal-benchmark`, which is the id of another project's dashboard.
  'benchmark.json': { title: 'Temporal benchmark', uid: 'temporal-benchmark-load', sections: RUN_SECTIONS },
  'cluster.json': {
    title: 'Temporal cluster under a benchmark',
    uid: 'temporal-benchmark-cluster',
    sections: [{ title: 'Load of the benchmark', panels: LOAD }, ...CLUSTER_SECTIONS],
  },
} as const satisfies Readonly<Record<string, Dashboard>>;
