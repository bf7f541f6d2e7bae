import { percent } from '../format/numbers';
import { ENOUGH_CALLS } from './hold-readings';
import type { Symptom } from './symptom';

const MORE_SHARDS = { knob: 'numHistoryShards', default: '4; it cannot be changed once a cluster has data' } as const;
const RESERVOIR = {
  knob: 'DSQL_RESERVOIR_TARGET_READY and the other settings of the reservoir',
  default: 'the number of connections of the pool',
} as const;

/** A conflict rate above this is reported. */
const MAX_CONFLICT_SHARE = 0.05;

/** What the metrics of the Aurora DSQL persistence plugin show. Most matter whether a hold passed or not. */
export const DSQL_SYMPTOMS: readonly Symptom[] = [
  {
    name: 'transaction conflicts (DSQL)',
    confidence: 'medium',
    ...MORE_SHARDS,
    advice:
      'find the rows that many transactions write: more shards spread the writes, and fewer writers per workflow help too',
    caveat:
      'the plugin counts conflicts only in transactions that lock shards, task queues or namespaces; CloudWatch (--dsql-cluster) counts all',
    threshold: `5 % of the transactions: of all (CloudWatch), or else of those whose latency the plugin records; at least ${ENOUGH_CALLS}`,
    always: true,
    evidence: (readings) => {
      const [conflicts, transactions] =
        readings.sum('Aurora DSQL transactions') > 0
          ? [readings.sum('Aurora DSQL conflicts'), readings.sum('Aurora DSQL transactions')]
          : [readings.sum('DSQL conflicts'), readings.sum('DSQL transaction latency')];
      return transactions >= ENOUGH_CALLS && conflicts > MAX_CONFLICT_SHARE * transactions
        ? `${conflicts} conflicts in ${transactions} transactions (${percent(conflicts / transactions)})`
        : undefined;
    },
  },
  {
    name: 'slow commits (Aurora DSQL)',
    confidence: 'low',
    knob: 'the location of the services and of the cluster, the number of its regions',
    default: 'none',
    advice:
      'compare with a run at a lower rate: commits of one region take milliseconds, of several a round trip between them',
    threshold: 'a median above 50 ms, on average over the minutes of the hold',
    evidence: (readings) => {
      const mean = readings.named('Aurora DSQL commit latency')[0]?.mean ?? 0;
      return mean > 50 ? `the median commit latency was ${mean.toFixed(0)} ms` : undefined;
    },
  },
  {
    name: 'transactions failed after all retries (DSQL)',
    confidence: 'high',
    ...MORE_SHARDS,
    advice: 'reduce transaction conflicts: more shards, fewer writers per workflow; each such failure reached a caller',
    threshold: 'any',
    always: true,
    evidence: (readings) => anyOf(readings.sum('DSQL retries exhausted'), 'transactions failed after all retries'),
  },
  {
    name: 'connection reservoir drained (DSQL)',
    confidence: 'medium',
    ...RESERVOIR,
    advice: 'check why refills are slower than checkouts (refill failures, discards), then raise the target',
    threshold: 'a checkout that found it empty, or less than half of its target',
    always: true,
    evidence: (readings) => {
      const empty = readings.sum('DSQL reservoir empty');
      const { replica, size = 0, target = 0 } = readings.lowestReservoir ?? {};
      const figures = [
        ...(empty > 0 ? [`${empty} checkouts found it empty`] : []),
        ...(size < 0.5 * target ? [`${replica} had ${size} of ${target} connections at its lowest`] : []),
      ];
      return figures.length === 0 ? undefined : figures.join('; ');
    },
  },
  {
    name: 'refills of the connection reservoir exceed the connection rate (DSQL)',
    confidence: 'high',
    knob: 'the connection rate limit of the plugin, the lifetime of connections',
    default: 'Aurora DSQL allows a cluster to open 100 connections per second, 1,000 in a burst',
    advice: 'keep connections longer, spread their expiry, and start fewer replicas at the same time',
    threshold: 'any',
    always: true,
    evidence: (readings) =>
      anyOf(
        readings.sumOf('DSQL reservoir refill failures', /^rate_limit\//),
        'refills were refused by the rate limit',
      ),
  },
  {
    name: 'refills of the connection reservoir fail (DSQL)',
    confidence: 'medium',
    knob: 'the endpoint, the IAM role and the lease table of the datastore',
    default: 'none',
    advice: 'check the log of the server for the reason: lease_acquire, token_provider, dsn_inject or connection_open',
    threshold: 'any failure except those of the rate limit',
    always: true,
    evidence: (readings) => {
      const failed = readings
        .named('DSQL reservoir refill failures')
        .filter(({ labels, count = 0 }) => count > 0 && !labels.startsWith('rate_limit/'));
      return failed.length === 0 ? undefined : failed.map(({ labels, count }) => `${count} × ${labels}`).join(', ');
    },
  },
  {
    name: 'token refreshes fail (DSQL)',
    confidence: 'high',
    knob: 'the IAM role of the Temporal services (dsql:DbConnect)',
    default: 'none',
    advice: 'check the credentials of the services: without a token no connection can be opened',
    threshold: 'any',
    always: true,
    evidence: (readings) => anyOf(readings.sum('DSQL token refresh failures'), 'failed token refreshes'),
  },
  {
    name: 'connection limit of the database (DSQL)',
    confidence: 'high',
    knob: 'maxConns of the datastore, the number of replicas',
    default: 'Aurora DSQL allows a cluster to have 10,000 connections, which AWS can raise',
    advice: 'use fewer connections per replica or fewer replicas, or request a higher limit',
    threshold: 'any error of the class connection_limit',
    always: true,
    evidence: (readings) => anyOf(readings.sumOf('DSQL errors', /^connection_limit\//), 'errors of this class'),
  },
  {
    name: 'transaction time limit of the database (DSQL)',
    confidence: 'high',
    knob: 'the size of what one workflow writes',
    default: 'Aurora DSQL allows 5 minutes per transaction',
    advice: 'look for transactions that wait for a connection or for the CPU of the server while they are open',
    threshold: 'any error of the class transaction_timeout',
    always: true,
    evidence: (readings) => anyOf(readings.sumOf('DSQL errors', /^transaction_timeout\//), 'errors of this class'),
  },
];

function anyOf(count: number, what: string): string | undefined {
  return count > 0 ? `${count} ${what}` : undefined;
}
