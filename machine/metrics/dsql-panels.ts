import { serverQuantile, serverRate, type Section } from './panels';

/** Work that a server counts before its services start is not part of any service. */
const SERVICES = '{service_name!="server"}';

const sum = (gauge: string) => `sum by (service_name) (${gauge}${SERVICES})`;

/** What the metrics of the DSQL persistence plugin show. */
export const DSQL_SECTION: Section = {
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
      title: 'Transaction errors by class',
      unit: 'ops',
      description:
        'condition_failed is normal: another writer was first. connection_limit and transaction_timeout are limits of the cluster.',
      queries: [['{{error_class}}', serverRate('dsql_tx_error_class', 'error_class')]],
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
      title: 'Connections of all replicas',
      unit: 'short',
      description: 'Aurora DSQL limits the connections of a cluster; each service keeps a pool per replica.',
      queries: [
        ['{{service_name}} open', sum('dsql_pool_open')],
        ['{{service_name}} in use', sum('dsql_pool_in_use')],
        ['{{service_name}} allowed', sum('dsql_pool_max_open')],
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
      title: 'Reservoir: checkouts and refills',
      unit: 'ops',
      description: 'Connections that requests took from the reservoir, and connections that were opened for it.',
      queries: [
        ['{{service_name}} checkouts', serverRate('dsql_reservoir_checkouts', 'service_name', SERVICES)],
        ['{{service_name}} refills', serverRate('dsql_reservoir_refills', 'service_name', SERVICES)],
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
};
