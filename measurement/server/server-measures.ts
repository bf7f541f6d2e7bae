import { CLOUDWATCH_MEASURES, type CloudWatchName } from './cloudwatch';
import { DSQL_MEASURES } from './dsql-measures';

/** A measure that is read from the metrics of a Temporal server. Metric names are those of server 1.20 to 1.32. */
export interface ServerMeasure {
  readonly name: string;
  readonly kind: 'latency' | 'counter' | 'gauge';
  /**
   * The metric as the server defines it, without the suffixes `_total`, `_seconds` and `_milliseconds`, followed by its
   * names in older servers. The first one that a page contains is read.
   */
  readonly metrics: readonly [string, ...string[]];
  /** Reads only samples with these label values. */
  readonly where?: Readonly<Record<string, string>>;
  /** The labels by which samples are grouped. */
  readonly by?: readonly string[];
  /** Groups by replica too: the replica's number follows the value of the first label, e.g. `history #2`. */
  readonly perReplica?: true;
}

/** The measures of every cluster. */
const TEMPORAL_MEASURES = [
  { name: 'persistence latency', kind: 'latency', metrics: ['persistence_latency'], by: ['operation'] },
  {
    name: 'shard lock latency',
    kind: 'latency',
    metrics: ['semaphore_latency', 'lock_latency'],
    where: { operation: 'ShardInfo' },
  },
  { name: 'visibility latency', kind: 'latency', metrics: ['visibility_persistence_latency'] },
  { name: 'history task load latency', kind: 'latency', metrics: ['task_latency_load'] },
  { name: 'history task schedule latency', kind: 'latency', metrics: ['task_latency_schedule'] },
  { name: 'history task queue latency', kind: 'latency', metrics: ['task_latency_queue'] },
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
    name: 'persistence requests rejected',
    kind: 'counter',
    metrics: ['persistence_errors_resource_exhausted'],
    by: ['service_name'],
  },
  {
    name: 'requests rejected',
    kind: 'counter',
    metrics: ['service_errors_resource_exhausted'],
    by: ['resource_exhausted_cause', 'resource_exhausted_scope', 'service_name'],
  },
  { name: 'successful polls', kind: 'counter', metrics: ['poll_success'] },
  { name: 'sync-matched polls', kind: 'counter', metrics: ['poll_success_sync'] },
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
    name: 'frontend calls',
    kind: 'counter',
    metrics: ['service_requests'],
    where: { service_name: 'frontend' },
    by: ['namespace', 'operation'],
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
    name: 'AddWorkflowTask errors',
    kind: 'counter',
    metrics: ['service_error_with_type', 'service_errors'],
    where: { operation: 'AddWorkflowTask', service_name: 'matching' },
    by: ['error_type'],
  },
  {
    name: 'service rate limit',
    kind: 'gauge',
    metrics: ['host_rps_limit'],
    by: ['service_name'],
    perReplica: true,
  },
  // The DSQL plugin refreshes its own gauges every 15 s. Those of the server are a minute old.
  {
    name: 'database connections in use',
    kind: 'gauge',
    metrics: ['dsql_pool_in_use', 'persistence_sql_in_use'],
    by: ['service_name', 'db_kind'],
    perReplica: true,
  },
  {
    name: 'database connection limit',
    kind: 'gauge',
    metrics: ['dsql_pool_max_open', 'persistence_sql_max_open_conn'],
    by: ['service_name', 'db_kind'],
    perReplica: true,
  },
] as const satisfies readonly ServerMeasure[];

/** All measures. Latencies are histograms; their readings are in milliseconds. */
export const SERVER_MEASURES = [...TEMPORAL_MEASURES, ...DSQL_MEASURES] as const;

export type MeasureName = (typeof SERVER_MEASURES)[number]['name'] | CloudWatchName;

export const MEASURE_NAMES: readonly MeasureName[] = [...SERVER_MEASURES, ...CLOUDWATCH_MEASURES].map(
  ({ name }) => name,
);

const OVER_TIME: readonly MeasureName[] = [
  'persistence latency',
  'shard lock latency',
  'successful polls',
  'sync-matched polls',
];

/** The measures that are also read over time: over all values of their labels. */
export const OVER_TIME_MEASURES: readonly ServerMeasure[] = SERVER_MEASURES.filter(({ name }) =>
  OVER_TIME.includes(name),
).map((measure) => ({ ...measure, by: [] }));
