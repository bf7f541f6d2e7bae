/** A limit of the server that says its own name when it refuses a call, and the setting that moves it. */
export interface ServerLimit {
  /** Cause and scope of a ResourceExhausted failure, as the ledger books them; without scope, any. */
  readonly cause: string;
  readonly scope?: 'namespace' | 'system';
  /** Codes that it may come with; by default RESOURCE_EXHAUSTED. */
  readonly anyCode?: true;
  readonly name: string;
  /** The dynamic configuration key. */
  readonly knob: string;
  readonly default: string;
  /** What to do, where it is no key of the dynamic configuration. */
  readonly advice?: string;
  /** What to know before turning it. */
  readonly caveat?: string;
}

/**
 * Keys and defaults of Temporal server 1.32, from its common/dynamicconfig/constants.go; that each cause comes with
 * its key was seen on a running server for the first two.
 */
export const SERVER_LIMITS: readonly ServerLimit[] = [
  {
    cause: 'RPS_LIMIT',
    scope: 'namespace',
    name: 'namespace rate limit',
    knob: 'frontend.namespaceRPS',
    default: '2400 per frontend, × frontend.namespaceBurstRatio = 2',
    caveat:
      'it counts every API of the namespace, polls and completions of workers included; frontend.globalNamespaceRPS, where set, comes before it',
  },
  {
    cause: 'RPS_LIMIT',
    scope: 'system',
    name: 'service rate limit',
    knob: 'frontend.rps',
    default: '2400 per frontend; history.rps = 3000, matching.rps = 1200',
    caveat:
      'the refusal may come from a deeper service: compare service_errors_resource_exhausted of history and matching',
  },
  {
    cause: 'CONCURRENT_LIMIT',
    name: 'concurrent calls of the namespace',
    knob: 'frontend.namespaceCount',
    default: '1200 per frontend, namespace and API',
    caveat: 'polls, queries, updates and waits for a result each hold one',
  },
  {
    cause: 'PERSISTENCE_LIMIT',
    name: 'persistence rate limit',
    knob: '{frontend,history,matching}.persistenceMaxQPS',
    default: '2000, 9000, 3000',
    caveat: 'raise it only where the database has room: see persistence_latency',
  },
  {
    cause: 'SYSTEM_OVERLOADED',
    name: 'an overloaded service',
    knob: 'matching.outstandingTaskAppendsThreshold',
    default: '250; in history: history.hostLevelCacheMaxSize = 128000',
    caveat: 'more of the service, or a faster database, usually helps more than the threshold',
  },
  {
    cause: 'PERSISTENCE_STORAGE_LIMIT',
    name: 'storage of the database',
    knob: 'none: the database refuses writes',
    default: 'set by the database',
    advice: 'give the database more storage, or delete what it keeps',
  },
  {
    cause: 'BUSY_WORKFLOW',
    name: 'one busy workflow',
    knob: 'history.workflowIdReuseMinimalInterval',
    default: '1s',
    caveat: 'not a matter of capacity: one workflow id is asked too often',
  },
  {
    cause: 'APS_LIMIT',
    name: 'actions per second of Temporal Cloud',
    knob: 'the APS limit of the namespace',
    default: 'set by the account',
    advice: 'ask for a higher limit of the namespace, or let it grow with the load',
  },
  {
    cause: 'OPS_LIMIT',
    name: 'operations per second of Temporal Cloud',
    knob: 'the OPS limit of the namespace',
    default: 'set by the account',
    advice: 'ask for a higher limit of the namespace, or let it grow with the load',
  },
  {
    cause: 'SQLSTATE_53400',
    anyCode: true,
    name: 'connection rate of the database',
    knob: 'maxIdleConns, maxConnLifetime and the reservoir of the datastore',
    default: 'Aurora DSQL lets a cluster open 100 connections a second, 1,000 in a burst',
    advice:
      'open connections ahead and keep them: maxIdleConns = maxConns, a longer life, a reservoir; then fewer replicas at once',
  },
  {
    cause: 'SQLSTATE_40001',
    anyCode: true,
    name: 'conflicts between transactions, given up',
    knob: 'numHistoryShards',
    default: '4; it cannot be changed once a cluster has data',
    advice:
      'find the rows that many transactions write: more shards spread them, fewer writers to one workflow help too',
  },
];

/** The limit behind an entry of the ledger, e.g. `RESOURCE_EXHAUSTED/RPS_LIMIT/namespace`. */
export function limitOf(entry: string): ServerLimit | undefined {
  const [code, cause, scope] = entry.split('/');
  return SERVER_LIMITS.find(
    (limit) =>
      limit.cause === cause &&
      (limit.anyCode || code === 'RESOURCE_EXHAUSTED') &&
      (limit.scope === undefined || limit.scope === scope),
  );
}
