import { percent, seconds } from '../format/numbers';
import { DSQL_SYMPTOMS } from './dsql-symptoms';
import { ENOUGH_CALLS, hottestReplica } from './hold-readings';
import type { Symptom } from './symptom';

const GUIDANCE = "Temporal's guidance for a healthy cluster";

export const SYMPTOMS: readonly Symptom[] = [
  {
    name: 'rate limit of a task queue',
    confidence: 'high',
    knob: 'temporal task-queue config set --queue-rps-limit',
    default: 'no limit',
    advice:
      'raise or remove the limit: one for the queue with this command, one of the workers in their options (maxTaskQueueActivitiesPerSecond)',
    threshold:
      'a backlog of more than one second of the limit, while at least 40 % of the limit is dispatched (the server averages this over 30 s)',
    isCause: ({ limitedQueues }) => limitedQueues.length > 0,
    evidence: ({ limitedQueues: [queue] }) =>
      queue &&
      `${queue.type} tasks: limit ${queue.limit}/s, set ${queue.limitSetBy === 'worker' ? 'by the workers' : 'for the queue'}; ${queue.dispatchedPerSecond.toFixed(1)}/s dispatched, backlog of ${queue.highestBacklog}`,
  },
  {
    name: 'no worker polls the task queue',
    confidence: 'high',
    knob: 'the workers of the task queue (--executor, --task-queue)',
    default: 'the generators, task queues per run',
    advice: 'check that workers poll the task queue: their logs, their namespace and the name of the task queue',
    threshold:
      'a backlog of more than 5 seconds of load, while workflows complete, polls succeed and tasks are dispatched at less than 5 % of the target rate; or while no workflow completes in the last 5 seconds of the hold',
    evidence: (readings) => {
      const { workflowQueue: queue, targetRate, hold } = readings;
      if (!queue || queue.highestBacklog <= 5 * targetRate) return undefined;
      if (readings.limitedQueues.some(({ type }) => type === 'workflow')) return undefined;
      // The statistics of the queue are approximate and several seconds old, so they do not decide alone.
      const polls = readings.named('successful polls').reduce((sum, { perSecond = 0 }) => sum + perSecond, 0);
      const rates = [queue.dispatchedPerSecond, hold.completedPerSecond, polls];
      const { silentSeconds = 0 } = hold;
      const isSilent = silentSeconds >= 5;
      return isSilent || rates.every((rate) => rate < 0.05 * targetRate)
        ? `backlog of ${queue.highestBacklog} workflow tasks, growing by up to ${queue.growthPerSecond.toFixed(1)}/s; ${hold.completedPerSecond.toFixed(1)} workflows/s completed${isSilent ? `, none in the last ${silentSeconds.toFixed(0)} s` : ''}`
        : undefined;
    },
  },
  {
    name: 'slow database',
    confidence: 'medium',
    knob: 'the size of the database',
    default: 'none',
    advice: "check the database's CPU, storage and network, and then its connection pool",
    caveat: 'a cluster without spare CPU also measures a high persistence latency',
    threshold: `50 ms at p95: a start makes three to four such calls, and ${GUIDANCE} allows a start 150 ms at p95`,
    evidence: (readings) => {
      const slowest = readings.slowest('persistence latency');
      return slowest && slowest.p95Ms > 50
        ? `persistence latency of ${slowest.labels}: p95 ${slowest.p95Ms.toFixed(0)} ms (${slowest.count} calls)`
        : undefined;
    },
  },
  {
    name: 'database connection pool exhausted',
    confidence: 'medium',
    knob: 'maxConns of the datastore in the static configuration',
    default: '20',
    advice: 'give the pool more connections, if the database has capacity for them',
    threshold: '90 % of the connections in use',
    isCause: ({ poolWait }) => poolWait !== undefined,
    evidence: ({ fullPool, poolWait }) => {
      if (!fullPool) return undefined;
      const waits = poolWait
        ? `; a request used one for ${poolWait.useMs.toFixed(0)} ms at most, but half of the ${poolWait.labels} requests took ${poolWait.tookMs.toFixed(0)} ms, so they waited for a connection`
        : '';
      return `${fullPool.labels} had ${fullPool.highest} connections in use at once${waits}`;
    },
  },
  {
    name: 'shard lock contention',
    confidence: 'medium',
    knob: 'numHistoryShards',
    default: '4; it cannot be changed once a cluster has data. history.shardIOConcurrency = 1',
    advice: 'use more history shards, which requires a new cluster; a faster database also shortens each wait',
    threshold: `${GUIDANCE}: shard lock latency below 5 ms at p95`,
    evidence: (readings) => {
      const lock = readings.slowest('shard lock latency');
      return lock && lock.p95Ms > 5
        ? `shard lock latency: p95 ${lock.p95Ms.toFixed(1)} ms (${lock.count} calls)`
        : undefined;
    },
  },
  {
    name: 'low sync match rate',
    confidence: 'low',
    knob: '--lanes; with --executor sdk: --host-pollers, --host-slots',
    default: '4; scaled by the worker; 100',
    advice:
      'give the workers more pollers and slots first, then raise matching.numTaskqueueReadPartitions and matching.numTaskqueueWritePartitions (4)',
    threshold: "Temporal's alert: less than 95 % of the tasks are matched synchronously",
    evidence: (readings) => {
      const [polls, matched] = [readings.sum('successful polls'), readings.sum('sync-matched polls')];
      return polls >= ENOUGH_CALLS && matched < 0.95 * polls
        ? `${percent(matched / polls)} of ${polls} tasks went directly to a waiting worker; the others went through the database`
        : undefined;
    },
  },
  {
    name: 'history task processing lags behind',
    confidence: 'low',
    knob: 'history.transferProcessorMaxPollRPS, history.timerProcessorMaxPollRPS',
    default: '20 each',
    advice: 'scale the history service first: its CPU and its database determine how fast it processes tasks',
    threshold: '500 ms at p95, ten times the value of an idle cluster',
    evidence: (readings) => {
      const latencies = [
        readings.slowest('history task load latency'),
        readings.slowest('history task schedule latency'),
      ];
      const slow = latencies.find((one) => one && one.p95Ms > 500);
      return slow && `${slow.name}: p95 ${slow.p95Ms.toFixed(0)} ms`;
    },
  },
  {
    name: 'slow visibility store',
    confidence: 'low',
    knob: 'the size of the visibility store',
    default: 'none',
    advice: 'check the store that answers list and count requests; workflow execution does not wait for it',
    threshold: '500 ms at p95',
    evidence: (readings) => {
      const slowest = readings.slowest('visibility latency');
      return slowest && slowest.p95Ms > 500 ? `visibility latency: p95 ${slowest.p95Ms.toFixed(0)} ms` : undefined;
    },
  },
  ...DSQL_SYMPTOMS,
  {
    name: 'waits for a database connection, although the pool is not full',
    confidence: 'low',
    knob: 'maxIdleConns and maxConnLifetime of the datastore (DSQL: its reservoir)',
    default: '20, 1h',
    advice: 'requests wait until connections are opened: set maxIdleConns to maxConns, and a longer maxConnLifetime',
    threshold: 'one wait per second',
    evidence: (readings) => {
      const waits = readings.perSecond('database connection waits');
      return waits < 1 || readings.fullPool ? undefined : `${waits.toFixed(1)} waits/s; no pool is full`;
    },
  },
  {
    name: 'AddWorkflowTask calls to matching fail',
    confidence: 'medium',
    knob: 'matching.outstandingTaskAppendsThreshold',
    default: '250',
    advice: 'check the log of the matching service for AddWorkflowTask, then its CPU, its database and the threshold',
    threshold: 'one call per 100 starts',
    evidence: (readings) => {
      const errors = readings.named('AddWorkflowTask errors').filter(({ labels }) => !/cancell?ed/i.test(labels));
      const count = errors.reduce((sum, one) => sum + (one.count ?? 0), 0);
      const types = errors.filter((one) => (one.count ?? 0) > 0).map(({ labels }) => labels);
      return count > 0.01 * readings.hold.ledger.scheduled
        ? `${count} AddWorkflowTask calls failed (${types.join(', ')})`
        : undefined;
    },
  },
  {
    name: 'uneven load on replicas',
    confidence: 'low',
    knob: 'numHistoryShards (history), matching.numTaskqueueReadPartitions and matching.numTaskqueueWritePartitions (matching)',
    default: '4, 4 and 4',
    advice: 'spread the work over more shards or partitions, or check why one replica owns so many of them',
    threshold: '1.5 times the mean of the replicas of a service',
    evidence: (readings) =>
      ['history', 'matching']
        .map((service) => hottestReplica(readings.replicas('requests', service)))
        .find((found) => found !== undefined),
  },
  {
    name: 'starts reach only some frontends',
    confidence: 'medium',
    knob: '--connections, the load balancer in front of the frontends',
    default: '1 connection per generator',
    advice:
      'behind an L4 load balancer, each connection is pinned to one frontend: open more connections, or balance requests (L7)',
    threshold: 'less than 10 % of a fair share',
    always: true,
    evidence: (readings) => {
      const frontends = readings.replicas('requests', 'frontend').map(({ labels }) => labels);
      const startsOf = (frontend: string) =>
        readings.named('starts').find(({ labels }) => labels === frontend)?.count ?? 0;
      const total = frontends.reduce((sum, frontend) => sum + startsOf(frontend), 0);
      const reached = frontends.filter((frontend) => startsOf(frontend) >= (0.1 * total) / frontends.length);
      return frontends.length > 1 && total >= ENOUGH_CALLS && reached.length < frontends.length
        ? `${total} starts reached ${reached.length} of ${frontends.length} frontends`
        : undefined;
    },
  },
  {
    name: 'connections are closed during the run',
    confidence: 'low',
    knob: 'frontend.keepAliveMaxConnectionAge',
    default: '5m, with frontend.keepAliveMaxConnectionAgeGrace = 70s',
    advice:
      'compare the times of the errors: if they are five minutes apart, the frontend renews its connections; otherwise check the load balancer and restarts',
    threshold: 'any start that failed with UNAVAILABLE, while less than half of them did and no service restarted',
    evidence: (readings) => {
      const failed = readings.errors('UNAVAILABLE');
      const { scheduled } = readings.hold.ledger;
      return failed > 0 && failed < 0.5 * scheduled && readings.sum('restarts') === 0
        ? `${failed} of ${scheduled} starts failed with UNAVAILABLE`
        : undefined;
    },
  },
  {
    name: 'visibility lags behind',
    confidence: 'medium',
    knob: 'history.visibilityProcessorMaxPollRPS, the size of the visibility store',
    default: '20',
    advice: 'list and count results are late by this much; workflow execution does not wait for them',
    threshold: '10 s until the list of workflows was complete',
    always: true,
    evidence: ({ hold: { visibilityWaitMs = 0, unlisted = 0 } }) => {
      const waited = seconds(visibilityWaitMs, 0);
      if (unlisted > 0)
        return `after ${waited} of waiting, the list of workflows still lacked ${unlisted} of them; they were found by their IDs`;
      return visibilityWaitMs > 10_000
        ? `the list of workflows was complete ${waited} later than the first count`
        : undefined;
    },
  },
];
