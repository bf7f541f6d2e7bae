import type { ServerMeasure } from './server-measures';

const PER_REPLICA = { by: ['service_name'], perReplica: true } as const;

/**
 * The measures of the Aurora DSQL persistence plugin. Not read are metrics without a meaning: `dsql_pool_wait_duration`
 * records a running total every 15 s, so its quantiles say nothing, and `dsql_active_transactions` sets a gauge to ±1.
 */
export const DSQL_MEASURES = [
  // The plugin counts conflicts only in transactions whose latency it records: shard locks, task queues, namespaces.
  { name: 'DSQL transaction latency', kind: 'latency', metrics: ['dsql_tx_latency'], by: ['operation'] },
  { name: 'DSQL conflicts', kind: 'counter', metrics: ['dsql_tx_conflict'], by: ['operation'] },
  { name: 'DSQL retries', kind: 'counter', metrics: ['dsql_tx_retry'], by: ['operation'] },
  { name: 'DSQL retries exhausted', kind: 'counter', metrics: ['dsql_tx_exhausted'], by: ['operation'] },
  { name: 'DSQL backoff', kind: 'latency', metrics: ['dsql_tx_backoff'], by: ['operation'] },
  { name: 'DSQL errors', kind: 'counter', metrics: ['dsql_tx_error_class'], by: ['error_class', 'operation'] },
  { name: 'database connection waits', kind: 'counter', metrics: ['dsql_pool_wait'], ...PER_REPLICA },
  { name: 'DSQL connections open', kind: 'gauge', metrics: ['dsql_pool_open'], ...PER_REPLICA },
  { name: 'DSQL connections idle', kind: 'gauge', metrics: ['dsql_pool_idle'], ...PER_REPLICA },
  // These three are gauges of totals that only grow, so they are read as counters.
  { name: 'DSQL connections closed: lifetime', kind: 'counter', metrics: ['dsql_db_closed_max_lifetime'] },
  { name: 'DSQL connections closed: idle time', kind: 'counter', metrics: ['dsql_db_closed_max_idle_time'] },
  { name: 'DSQL connections closed: too many idle', kind: 'counter', metrics: ['dsql_db_closed_max_idle'] },
  { name: 'DSQL pool keeper connections', kind: 'counter', metrics: ['dsql_pool_keeper_topup'] },
  { name: 'DSQL pool keeper failures', kind: 'counter', metrics: ['dsql_pool_keeper_topup_failures'] },
  { name: 'DSQL reservoir size', kind: 'gauge', metrics: ['dsql_reservoir_size'], ...PER_REPLICA },
  { name: 'DSQL reservoir target', kind: 'gauge', metrics: ['dsql_reservoir_target'], ...PER_REPLICA },
  { name: 'DSQL reservoir empty', kind: 'counter', metrics: ['dsql_reservoir_empty'], ...PER_REPLICA },
  { name: 'DSQL reservoir checkouts', kind: 'counter', metrics: ['dsql_reservoir_checkouts'], ...PER_REPLICA },
  {
    name: 'DSQL checkout latency',
    kind: 'latency',
    metrics: ['dsql_reservoir_checkout_latency'],
    by: ['service_name'],
  },
  { name: 'DSQL reservoir refills', kind: 'counter', metrics: ['dsql_reservoir_refills'], by: ['service_name'] },
  {
    name: 'DSQL reservoir refill failures',
    kind: 'counter',
    metrics: ['dsql_reservoir_refill_failures'],
    by: ['reason', 'service_name'],
  },
  {
    name: 'DSQL reservoir discards',
    kind: 'counter',
    metrics: ['dsql_reservoir_discards'],
    by: ['reason', 'service_name'],
  },
  { name: 'DSQL refills in flight', kind: 'gauge', metrics: ['dsql_refiller_inflight'], ...PER_REPLICA },
  { name: 'DSQL connection slots owned', kind: 'gauge', metrics: ['dsql_slot_blocks_owned'], ...PER_REPLICA },
  { name: 'DSQL connection slots used', kind: 'gauge', metrics: ['dsql_slot_blocks_slots_used'], ...PER_REPLICA },
  { name: 'DSQL token refreshes', kind: 'counter', metrics: ['dsql_token_refreshes'], by: ['service_name'] },
  {
    name: 'DSQL token refresh failures',
    kind: 'counter',
    metrics: ['dsql_token_refresh_failures'],
    by: ['service_name'],
  },
  { name: 'DSQL token cache hits', kind: 'counter', metrics: ['dsql_token_cache_hits'] },
  { name: 'DSQL token cache misses', kind: 'counter', metrics: ['dsql_token_cache_misses'] },
] as const satisfies readonly ServerMeasure[];
