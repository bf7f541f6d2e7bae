/** A limit that the server names when it rejects a call, and the setting that changes it. */
export interface ServerLimit {
  /** Cause and scope of a ResourceExhausted failure, as the ledger records them; any scope if absent. */
  readonly cause: string;
  readonly scope?: 'namespace' | 'system';
  /** Whether the cause can come with any gRPC code; by default only with RESOURCE_EXHAUSTED. */
  readonly anyCode?: true;
  readonly name: string;
  /** The key of the dynamic configuration, or another setting. */
  readonly knob: string;
  readonly default: string;
  /** What to do, if the knob is not a key of the dynamic configuration. */
  readonly advice?: string;
  /** What to consider before changing the setting. */
  readonly caveat?: string;
}

/**
 * Keys and defaults are those of Temporal server 1.32, from its common/dynamicconfig/constants.go. For the first two
 * causes, a running server confirmed that they belong to their keys.
 */
export const SERVER_LIMITS: readonly ServerLimit[] = [
  {
    cause: 'RPS_LIMIT',
    scope: 'namespace',
    name: 'namespace rate limit',
    knob: 'frontend.namespaceRPS',
    default: '2400 per frontend, × frontend.namespaceBurstRatio = 2',
    caveat:
      'this limit counts all API calls of the namespace, including polls and task completions; frontend.globalNamespaceRPS takes precedence if it is set',
  },
  {
    cause: 'RPS_LIMIT',
    scope: 'system',
    name: 'service rate limit',
    knob: 'frontend.rps',
    default: '2400 per frontend; history.rps = 3000, matching.rps = 1200',
    caveat:
      'another service may have rejected the call: compare service_errors_resource_exhausted of history and matching',
  },
  {
    cause: 'CONCURRENT_LIMIT',
    name: 'concurrency limit of the namespace',
    knob: 'frontend.namespaceCount',
    default: '1200 per frontend, namespace and API',
    caveat: 'each open poll, query, update and wait for a result counts',
  },
  {
    cause: 'PERSISTENCE_LIMIT',
    name: 'persistence rate limit',
    knob: '{frontend,history,matching}.persistenceMaxQPS',
    default: '2000, 9000, 3000',
    caveat: 'raise it only if the database has spare capacity: see persistence_latency',
  },
  {
    cause: 'SYSTEM_OVERLOADED',
    name: 'service overloaded',
    knob: 'matching.outstandingTaskAppendsThreshold',
    default: '250; in history: history.hostLevelCacheMaxSize = 128000',
    caveat: 'more replicas of the service, or a faster database, usually help more than a higher threshold',
  },
  {
    cause: 'PERSISTENCE_STORAGE_LIMIT',
    name: 'database storage limit',
    knob: 'none: the database rejects writes',
    default: 'set by the database',
    advice: 'give the database more storage, or delete data',
  },
  {
    cause: 'BUSY_WORKFLOW',
    name: 'busy workflow',
    knob: 'history.workflowIdReuseMinimalInterval',
    default: '1s',
    caveat: 'this is not a capacity limit: one workflow id receives too many requests',
  },
  {
    cause: 'APS_LIMIT',
    name: 'actions per second of Temporal Cloud',
    knob: 'the APS limit of the namespace',
    default: 'set by the account',
    advice: 'request a higher limit for the namespace, or let it grow with the load',
  },
  {
    cause: 'OPS_LIMIT',
    name: 'operations per second of Temporal Cloud',
    knob: 'the OPS limit of the namespace',
    default: 'set by the account',
    advice: 'request a higher limit for the namespace, or let it grow with the load',
  },
  ...(
    [
      [
        'SQLSTATE_53400',
        'connection rate limit of the database',
        'to open 100 connections per second, 1,000 in a burst',
      ],
      ['SQLSTATE_53300', 'connection limit of the database', 'to have 10,000 connections, which AWS can raise'],
    ] as const
  ).map(([cause, name, limit]) => ({
    cause,
    anyCode: true as const,
    name,
    knob: 'maxConns, maxIdleConns, maxConnLifetime and the reservoir of the datastore',
    default: `Aurora DSQL allows a cluster ${limit}`,
    advice:
      'open connections in advance and keep them: maxIdleConns = maxConns, a longer maxConnLifetime, a reservoir; then start fewer replicas at the same time',
  })),
  {
    cause: 'SQLSTATE_54000',
    anyCode: true,
    name: 'transaction limit of the database',
    knob: 'the size of what one workflow writes',
    default: 'Aurora DSQL allows 3,000 rows, 10 MiB and 5 minutes per transaction',
    advice: 'make payloads smaller, or start fewer activities and children in one workflow task',
  },
  // 40001 is the state of PostgreSQL. OC000 (data) and OC001 (schema) are Aurora DSQL's own codes for the same.
  ...['SQLSTATE_40001', 'SQLSTATE_OC000', 'SQLSTATE_OC001'].map((cause) => ({
    cause,
    anyCode: true as const,
    name: 'transactions failed after conflicts',
    knob: 'numHistoryShards',
    default: '4; it cannot be changed once a cluster has data',
    advice:
      cause === 'SQLSTATE_OC001'
        ? 'do not change the schema while the cluster has load'
        : 'find the rows that many transactions write: more shards spread the writes, and fewer writers per workflow help too',
  })),
];

/** Returns the limit behind a cause in the ledger, e.g. `RESOURCE_EXHAUSTED/RPS_LIMIT/namespace`. */
export function limitOf(entry: string): ServerLimit | undefined {
  const [code, cause, scope] = entry.split('/');
  return SERVER_LIMITS.find(
    (limit) =>
      limit.cause === cause &&
      (limit.anyCode || code === 'RESOURCE_EXHAUSTED') &&
      (limit.scope === undefined || limit.scope === scope),
  );
}
