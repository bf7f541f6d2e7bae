/** One thing that a Temporal server says of itself in its metrics; the names are those of server 1.20 to 1.32. */
export interface ServerMeasure {
  readonly name: string;
  readonly kind: 'latency' | 'counter' | 'gauge';
  /** Its metric; where the first is absent, the next, as older servers call it. */
  readonly metrics: readonly [string, ...string[]];
  /** Only samples with these labels. */
  readonly where?: Readonly<Record<string, string>>;
  /** Told apart by these labels. */
  readonly by?: readonly string[];
  /** Told apart by replica too: the first of `by` has its number behind it, e.g. `history #2`. */
  readonly perReplica?: true;
}

/** The measures that say what a cluster did. Latencies are histograms, in seconds or in milliseconds by its configuration. */
export const SERVER_MEASURES = [
  { name: 'persistence latency', kind: 'latency', metrics: ['persistence_latency'], by: ['operation'] },
  {
    name: 'shard lock',
    kind: 'latency',
    metrics: ['semaphore_latency', 'lock_latency'],
    where: { operation: 'ShardInfo' },
  },
  { name: 'visibility latency', kind: 'latency', metrics: ['visibility_persistence_latency'] },
  { name: 'history task load', kind: 'latency', metrics: ['task_latency_load'] },
  { name: 'history task schedule', kind: 'latency', metrics: ['task_latency_schedule'] },
  { name: 'history task queue', kind: 'latency', metrics: ['task_latency_queue'] },
  {
    name: 'start latency',
    kind: 'latency',
    metrics: ['service_latency'],
    where: { operation: 'StartWorkflowExecution' },
    by: ['service_name'],
  },
  { name: 'persistence requests', kind: 'counter', metrics: ['persistence_requests'], by: ['service_name'] },
  {
    name: 'persistence errors',
    kind: 'counter',
    metrics: ['persistence_error_with_type'],
    by: ['error_type', 'service_name'],
  },
  {
    name: 'persistence refused',
    kind: 'counter',
    metrics: ['persistence_errors_resource_exhausted'],
    by: ['service_name'],
  },
  {
    name: 'calls refused',
    kind: 'counter',
    metrics: ['service_errors_resource_exhausted'],
    by: ['resource_exhausted_cause', 'resource_exhausted_scope', 'service_name'],
  },
  { name: 'polls answered', kind: 'counter', metrics: ['poll_success'] },
  { name: 'polls answered at once', kind: 'counter', metrics: ['poll_success_sync'] },
  { name: 'cache requests', kind: 'counter', metrics: ['cache_requests'], by: ['cache_type'] },
  { name: 'cache misses', kind: 'counter', metrics: ['cache_miss'], by: ['cache_type'] },
  { name: 'restarts', kind: 'counter', metrics: ['restarts'], by: ['service_name'] },
  {
    name: 'requests',
    kind: 'counter',
    metrics: ['service_requests'],
    by: ['service_name'],
    perReplica: true,
  },
  {
    name: 'starts',
    kind: 'counter',
    metrics: ['service_requests'],
    where: { operation: 'StartWorkflowExecution', service_name: 'frontend' },
    by: ['service_name'],
    perReplica: true,
  },
  {
    name: 'tasks not handed to matching',
    kind: 'counter',
    metrics: ['service_error_with_type'],
    where: { operation: 'AddWorkflowTask', service_name: 'matching' },
    by: ['error_type'],
  },
  {
    name: 'rate limit of a service',
    kind: 'gauge',
    metrics: ['host_rps_limit'],
    by: ['service_name'],
    perReplica: true,
  },
  {
    name: 'database connections in use',
    kind: 'gauge',
    metrics: ['persistence_sql_in_use', 'dsql_pool_in_use'],
    by: ['service_name', 'db_kind'],
    perReplica: true,
  },
  {
    name: 'database connections allowed',
    kind: 'gauge',
    metrics: ['persistence_sql_max_open_conn', 'dsql_pool_max_open'],
    by: ['service_name', 'db_kind'],
    perReplica: true,
  },
  {
    name: 'waits for a connection',
    kind: 'counter',
    metrics: ['dsql_pool_wait_total', 'dsql_pool_wait_count_total'],
    by: ['service_name', 'db_kind'],
    perReplica: true,
  },
  {
    name: 'wait for a connection',
    kind: 'latency',
    metrics: ['dsql_pool_wait_duration_seconds', 'dsql_pool_wait_duration', 'dsql_pool_wait_latency'],
    by: ['service_name', 'db_kind'],
    perReplica: true,
  },
  { name: 'DSQL conflicts', kind: 'counter', metrics: ['dsql_tx_conflict_total'] },
  { name: 'DSQL retries', kind: 'counter', metrics: ['dsql_tx_retry_total'] },
  { name: 'DSQL retries exhausted', kind: 'counter', metrics: ['dsql_tx_exhausted_total'] },
] as const satisfies readonly ServerMeasure[];

/**
 * Everything that a database's plugin says of itself is read by this prefix, whatever its metrics are called: pool,
 * reservoir, transactions, commits. Of each, `of` is the name without the prefix.
 */
export const DATABASE_FAMILY = { name: 'DSQL', prefix: 'dsql_' } as const;

export type MeasureName = (typeof SERVER_MEASURES)[number]['name'] | typeof DATABASE_FAMILY.name;
