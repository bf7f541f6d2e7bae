import { serverQuantile, serverRate, type Section } from './panels';

/** Work that a server counts before its services start is not part of any service. */
const SERVICES = '{service_name!="server"}';

/** What the metrics of the target show. */
export const CLUSTER_SECTIONS: readonly Section[] = [
  {
    title: 'Cluster (if its own metrics are scraped too)',
    description: 'For servers with the metrics framework tally or opentelemetry.',
    panels: [
      {
        title: 'Persistence latency, p95',
        unit: 's',
        limit: ['at most', 0.05],
        queries: [['{{operation}}', serverQuantile(0.95, 'persistence_latency', 'operation')]],
      },
      {
        title: 'Shard lock latency, p95',
        unit: 's',
        limit: ['at most', 0.005],
        queries: [['shard lock', serverQuantile(0.95, 'semaphore_latency', '', '{operation="ShardInfo"}')]],
      },
      {
        title: 'Sync match rate',
        unit: 'percentunit',
        description: 'Share of the tasks that went directly to a waiting worker; the others went through the database.',
        limit: ['at least', 0.95],
        queries: [['sync match', `${serverRate('poll_success_sync')} / ${serverRate('poll_success')}`]],
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
    title: 'Aurora DSQL (if the cluster has its persistence plugin)',
    panels: [
      {
        title: 'Transaction latency, p95',
        unit: 's',
        description: 'The plugin records only transactions that lock shards, task queues or namespaces.',
        queries: [['{{operation}}', serverQuantile(0.95, 'dsql_tx_latency', 'operation')]],
      },
      {
        title: 'Conflicts and retries',
        unit: 'ops',
        description: 'Of the transactions that the plugin records. CloudWatch counts all of them (--dsql-cluster).',
        queries: [
          ['{{operation}} conflicts', serverRate('dsql_tx_conflict', 'operation')],
          ['{{operation}} gave up', serverRate('dsql_tx_exhausted', 'operation')],
        ],
      },
      {
        title: 'Connections of the fullest replica',
        unit: 'percentunit',
        description: 'Connections in use as a share of those that the pool allows.',
        limit: ['at most', 0.9],
        queries: [
          [
            '{{service_name}} in use',
            `max by (service_name) (dsql_pool_in_use${SERVICES} / dsql_pool_max_open${SERVICES})`,
          ],
        ],
      },
      {
        title: 'Emptiest connection reservoir',
        unit: 'percentunit',
        description: 'Ready connections as a share of the target. Below 50 % refills are slower than checkouts.',
        limit: ['at least', 0.5],
        queries: [
          [
            '{{service_name}}',
            `min by (service_name) (dsql_reservoir_size${SERVICES} / dsql_reservoir_target${SERVICES})`,
          ],
        ],
      },
      {
        title: 'Reservoir: failed refills, discards, and checkouts that found it empty',
        unit: 'ops',
        description: 'A checkout that finds the reservoir empty waits until a connection is opened.',
        queries: [
          ['refill failed: {{reason}}', serverRate('dsql_reservoir_refill_failures', 'reason')],
          ['discarded: {{reason}}', serverRate('dsql_reservoir_discards', 'reason')],
          ['empty {{service_name}}', serverRate('dsql_reservoir_empty', 'service_name')],
        ],
      },
      {
        title: 'Waits for a connection, failed token refreshes',
        unit: 'ops',
        description: 'Requests that waited for a pooled connection, and refreshes of the database token that failed.',
        queries: [
          ['{{service_name}} waits', serverRate('dsql_pool_wait', 'service_name', SERVICES)],
          ['{{service_name}} token refreshes failed', serverRate('dsql_token_refresh_failures', 'service_name')],
        ],
      },
    ],
  },
];
