import { DSQL_SECTION } from './dsql-panels';
import { serverQuantile, serverRate, type Section } from './panels';

const FRONTEND = '{service_name="frontend"}';
/** Calls that wait for something to happen, so that their latency shows nothing. */
const SHORT_CALLS = '{service_name="frontend",operation!~"Poll.*|.*History|.*Update.*|.*Result"}';

/** What the metrics of the target show. */
export const CLUSTER_SECTIONS: readonly Section[] = [
  {
    title: 'Requests',
    description: 'For servers with the metrics framework tally or opentelemetry.',
    panels: [
      {
        title: 'Requests per second',
        unit: 'ops',
        queries: [['{{service_name}}', serverRate('service_requests', 'service_name')]],
      },
      {
        title: 'Calls of clients and workers per second',
        unit: 'ops',
        description: 'What the frontend received, by operation.',
        queries: [['{{operation}}', serverRate('service_requests', 'operation', FRONTEND)]],
      },
      {
        title: 'Latency of the frontend, p95',
        unit: 's',
        description: 'Without the calls that wait for an event, such as polls.',
        queries: [['{{operation}}', serverQuantile(0.95, 'service_latency', 'operation', SHORT_CALLS)]],
      },
      {
        title: 'Errors',
        unit: 'ops',
        description: 'By type. Some are normal: NotFound of a lookup, Canceled of a poll whose client has gone.',
        queries: [
          ['{{service_name}} {{error_type}}', serverRate('service_error_with_type', 'service_name, error_type')],
        ],
      },
      {
        title: 'Requests rejected within the cluster',
        unit: 'ops',
        description: 'Calls that a limit of the server refused, by cause. Findings name the setting of each.',
        queries: [
          [
            '{{service_name}} {{resource_exhausted_cause}}',
            serverRate('service_errors_resource_exhausted', 'service_name, resource_exhausted_cause'),
          ],
        ],
      },
    ],
  },
  {
    title: 'History and matching',
    panels: [
      {
        title: 'Shard lock latency, p95',
        unit: 's',
        description: 'How long an update of a workflow waited for its shard. More history shards shorten it.',
        limit: ['at most', 0.005],
        queries: [['shard lock', serverQuantile(0.95, 'semaphore_latency', '', '{operation="ShardInfo"}')]],
      },
      {
        title: 'History tasks, p95',
        unit: 's',
        description:
          'Time until history loaded a task, until it was scheduled, and from its creation to its execution.',
        queries: (['load', 'schedule', 'queue'] as const).map((part) => [
          part,
          serverQuantile(0.95, `task_latency_${part}`),
        ]),
      },
      {
        title: 'Sync match rate',
        unit: 'percentunit',
        description: 'Share of the tasks that went directly to a waiting worker; the others went through the database.',
        limit: ['at least', 0.95],
        queries: [['sync match', `${serverRate('poll_success_sync')} / ${serverRate('poll_success')}`]],
      },
      {
        title: 'Cache misses',
        unit: 'percentunit',
        description: 'Share of the lookups, by cache. A new workflow is not in the cache of mutable states.',
        queries: [
          [
            '{{cache_type}}',
            `${serverRate('cache_miss', 'cache_type')} / ${serverRate('cache_requests', 'cache_type')}`,
          ],
        ],
      },
    ],
  },
  {
    title: 'Persistence',
    panels: [
      {
        title: 'Persistence latency, p95',
        unit: 's',
        description: 'Time of the calls to the database, by operation.',
        limit: ['at most', 0.05],
        queries: [['{{operation}}', serverQuantile(0.95, 'persistence_latency', 'operation')]],
      },
      {
        title: 'Persistence requests per second',
        unit: 'ops',
        description: 'Calls to the database, by operation.',
        queries: [['{{operation}}', serverRate('persistence_requests', 'operation')]],
      },
      {
        title: 'Persistence errors',
        unit: 'ops',
        description: 'By type. NotFound and ConditionFailed are normal.',
        queries: [
          ['{{service_name}} {{error_type}}', serverRate('persistence_error_with_type', 'service_name, error_type')],
        ],
      },
      {
        title: 'Database connections',
        unit: 'short',
        description: 'Connections of each service to its stores. The server reports them once a minute.',
        queries: [
          ['{{service_name}} {{db_kind}} in use', 'sum by (service_name, db_kind) (persistence_sql_in_use)'],
          ['{{service_name}} {{db_kind}} allowed', 'sum by (service_name, db_kind) (persistence_sql_max_open_conn)'],
        ],
      },
      {
        title: 'Visibility latency, p95',
        unit: 's',
        description:
          'Calls to the store that answers list and count requests. Workflow execution does not wait for it.',
        limit: ['at most', 0.5],
        queries: [['{{operation}}', serverQuantile(0.95, 'visibility_persistence_latency', 'operation')]],
      },
    ],
  },
  {
    title: 'Processes of the cluster',
    panels: [
      {
        title: 'Memory in use',
        unit: 'bytes',
        description: 'Heap of the largest replica of each service.',
        queries: [['{{service_name}}', 'max by (service_name) (memory_heapinuse)']],
      },
      {
        title: 'Goroutines',
        unit: 'short',
        description: 'Of the busiest replica of each service. Every open poll has some.',
        queries: [['{{service_name}}', 'max by (service_name) (num_goroutines)']],
      },
      {
        title: 'Starts of a service',
        unit: 'short',
        description: 'How often replicas of each service started in the last five minutes.',
        queries: [
          [
            '{{service_name}}',
            '(sum by (service_name) (increase(restarts[5m])) or sum by (service_name) (increase(restarts_total[5m])))',
          ],
        ],
      },
    ],
  },
  DSQL_SECTION,
];
