import type { Finding } from './finding';
import type { HoldEvidence } from './hold-evidence';
import { ENOUGH_CALLS, hottest, HoldReadings } from './hold-readings';
import { refusedBy, SERVICE_LIMITS } from './service-limits';

/** Something that the cluster's own account shows, and what to do about it. */
export interface Symptom {
  readonly name: string;
  readonly confidence: Finding['confidence'];
  readonly knob: string;
  readonly default: string;
  readonly advice: string;
  readonly caveat?: string;
  /** Where the threshold comes from. */
  readonly source: string;
  /** Shown whether the hold was passed or not; the others explain one that was not. */
  readonly always?: boolean;
  /** One sentence with the figures where it is there. */
  readonly evidence: (look: HoldReadings) => string | undefined;
}

const BASICS = "Temporal's guidance for a healthy cluster";

export const SYMPTOMS: readonly Symptom[] = [
  {
    name: 'nobody takes tasks of the queue',
    confidence: 'high',
    knob: 'the workers of the task queue (--hosts, --task-queue)',
    default: '1 host, a queue of its own',
    advice: 'see that workers poll the task queue: their log, their namespace, the name of the queue',
    source:
      'a backlog of five seconds of load that grows as fast as workflows are started, or of which next to none completes',
    evidence: ({ workflowQueue: queue, targetRate, hold }) => {
      if (!queue || queue.highestBacklog <= 5 * targetRate) return undefined;
      const rates = [queue.dispatchedPerSecond, hold.completedPerSecond, targetRate - queue.growthPerSecond];
      return rates.some((rate) => rate < 0.05 * targetRate)
        ? `${queue.highestBacklog} workflow tasks waited, up to ${queue.growthPerSecond.toFixed(1)}/s more, and ${hold.completedPerSecond.toFixed(1)}/s completed`
        : undefined;
    },
  },
  {
    name: 'a slow database',
    confidence: 'medium',
    knob: 'the size of the database',
    default: 'none',
    advice: 'look at the CPU, the storage and the network of the database; then at its connection pool',
    caveat: 'a cluster short of CPU measures its database as slow too',
    source: `a start makes three to four such calls, and ${BASICS} allows it 150 ms at p95`,
    evidence: (look) => {
      const slow = look.slowest('persistence latency');
      return slow && slow.p95Ms > 50
        ? `persistence latency of ${slow.labels}: p95 ${slow.p95Ms.toFixed(0)} ms (of ${slow.count} calls)`
        : undefined;
    },
  },
  {
    name: 'all connections to the database in use',
    confidence: 'medium',
    knob: 'maxConns of the datastore in the static configuration',
    default: '20',
    advice: 'give the pool more connections, where the database has room for them',
    source: 'nine of ten in use',
    evidence: ({ fullPool: full }) => full && `${full.highest} connections of ${full.labels} were in use at once`,
  },
  {
    name: 'contention for shards',
    confidence: 'medium',
    knob: 'numHistoryShards',
    default: '4; it cannot be changed once a cluster has data. history.shardIOConcurrency = 1',
    advice: 'more history shards, which means a new cluster; a faster database shortens every wait too',
    source: `${BASICS}: shard lock p95 below 5 ms`,
    evidence: (look) => {
      const lock = look.slowest('shard lock');
      return lock && lock.p95Ms > 5
        ? `waiting for a shard took ${lock.p95Ms.toFixed(1)} ms at p95 (${lock.count} times; healthy is below 5 ms)`
        : undefined;
    },
  },
  {
    name: 'tasks spill to the database',
    confidence: 'low',
    knob: '--host-pollers, --host-slots',
    default: 'scaled by the worker; 100',
    advice:
      'more pollers and slots of the workers first, then matching.numTaskqueueReadPartitions and …WritePartitions (4)',
    source: "Temporal's alert line: less than 95 % of the tasks matched at once",
    evidence: (look) => {
      const [answered, atOnce] = [look.sum('polls answered'), look.sum('polls answered at once')];
      return answered >= ENOUGH_CALLS && atOnce < 0.95 * answered
        ? `${((atOnce / answered) * 100).toFixed(1)} % of ${answered} tasks were handed to a waiting worker, the rest went through the database`
        : undefined;
    },
  },
  {
    name: 'history falls behind with its tasks',
    confidence: 'low',
    knob: 'history.transferProcessorMaxPollRPS, history.timerProcessorMaxPollRPS',
    default: '20 each',
    advice: 'more history service first: its CPU and its database decide how fast tasks are worked off',
    source: 'half a second at p95, ten times what an idle cluster takes',
    evidence: (look) => {
      const [load, schedule] = [look.slowest('history task load'), look.slowest('history task schedule')];
      const slow = [load, schedule].find((one) => one && one.p95Ms > 500);
      return slow && `${slow.name}: p95 ${slow.p95Ms.toFixed(0)} ms`;
    },
  },
  {
    name: 'a slow visibility store',
    confidence: 'low',
    knob: 'the size of the visibility store',
    default: 'none',
    advice: 'look at the store that answers lists and counts; executing workflows does not wait for it',
    source: 'half a second at p95',
    evidence: (look) => {
      const slow = look.slowest('visibility latency');
      return slow && slow.p95Ms > 500 ? `visibility latency: p95 ${slow.p95Ms.toFixed(0)} ms` : undefined;
    },
  },
  {
    name: 'conflicts between transactions (DSQL)',
    confidence: 'medium',
    knob: 'numHistoryShards',
    default: '4; it cannot be changed once a cluster has data',
    advice:
      'find the rows that many transactions write: more shards spread them, fewer writers to one workflow help too',
    source: 'R7.4: 5 % of the transactions',
    always: true,
    evidence: (look) => {
      const [conflicts, requests] = [look.sum('DSQL conflicts'), look.sum('persistence requests')];
      return conflicts > 0.05 * requests
        ? `${conflicts} conflicts in ${requests} requests (${((conflicts / Math.max(1, requests)) * 100).toFixed(1)} %)`
        : undefined;
    },
  },
  {
    name: 'transactions given up after conflicts (DSQL)',
    confidence: 'high',
    knob: 'numHistoryShards',
    default: '4; it cannot be changed once a cluster has data',
    advice: 'as for conflicts; each of these was an error for whoever called',
    source: 'none should be',
    always: true,
    evidence: (look) => {
      const exhausted = look.sum('DSQL retries exhausted');
      return exhausted > 0 ? `${exhausted} transactions were given up after all retries` : undefined;
    },
  },
  {
    name: 'waits for a connection, though the pool is not full',
    confidence: 'low',
    knob: 'maxIdleConns and maxConnLifetime of the datastore (DSQL: its reservoir)',
    default: '20, 1h',
    advice: 'connections are opened while requests wait: keep as many idle as the pool may have, and for longer',
    source: 'one wait a second',
    evidence: (look) => {
      const waits = look.named('waits for a connection').reduce((sum, { perSecond = 0 }) => sum + perSecond, 0);
      if (waits < 1 || look.fullPool) return undefined;
      const longest = look.slowest('wait for a connection')?.p95Ms;
      return `${waits.toFixed(1)} waits/s${longest === undefined ? '' : ` of ${longest.toFixed(0)} ms at p95`}, no pool full`;
    },
  },
  {
    name: 'tasks are not handed to matching',
    confidence: 'medium',
    knob: 'matching.outstandingTaskAppendsThreshold',
    default: '250',
    advice: 'see the log of matching for AddWorkflowTask; then its CPU, its database and the threshold',
    source: 'one start in a hundred',
    evidence: (look) => {
      const errors = look.named('tasks not handed to matching').filter(({ labels: of }) => !/cancell?ed/i.test(of));
      const count = errors.reduce((sum, one) => sum + (one.count ?? 0), 0);
      const kinds = errors.filter((one) => (one.count ?? 0) > 0).map(({ labels: of }) => of);
      return count > 0.01 * look.hold.ledger.scheduled
        ? `${count} AddWorkflowTask calls failed (${kinds.join(', ')})`
        : undefined;
    },
  },
  {
    name: 'one replica is hotter than the others',
    confidence: 'low',
    knob: 'numHistoryShards (history), matching.numTaskqueueReadPartitions and …WritePartitions (matching)',
    default: '4, 4 and 4',
    advice: 'spread the work over more shards or partitions, or see why one replica owns so many of them',
    source: 'half again as many requests as the mean of its service',
    evidence: (look) =>
      ['history', 'matching']
        .map((service) => hottest(look.replicas('requests', service)))
        .find((found) => found !== undefined),
  },
  {
    name: 'starts reach only some of the frontends',
    confidence: 'medium',
    knob: '--connections, the load balancer in front of the frontends',
    default: '1 connection a generator',
    advice: 'a balancer of connections keeps each on one frontend: open more of them, or balance requests',
    source: 'a tenth of a fair share',
    always: true,
    evidence: (look) => {
      const all = look.replicas('requests', 'frontend').map(({ labels: of }) => of);
      const starts = (of: string) => look.named('starts').find((one) => one.labels === of)?.count ?? 0;
      const total = all.reduce((sum, of) => sum + starts(of), 0);
      const reached = all.filter((of) => starts(of) >= (0.1 * total) / all.length);
      return all.length > 1 && total >= ENOUGH_CALLS && reached.length < all.length
        ? `${total} starts reached ${reached.length} of ${all.length} frontends`
        : undefined;
    },
  },
  {
    name: 'connections are cut in mid-run',
    confidence: 'low',
    knob: 'frontend.keepAliveMaxConnectionAge',
    default: '5m, with frontend.keepAliveMaxConnectionAgeGrace = 70s',
    advice:
      'compare the times of the errors: every five minutes they are the frontend renewing its connections; otherwise see the load balancer and restarts',
    source: 'any start that failed with UNAVAILABLE, while most did not and no service was started',
    evidence: (look) => {
      const cut = look.errors('UNAVAILABLE');
      return cut > 0 && cut < 0.5 * look.hold.ledger.scheduled && look.sum('restarts') === 0
        ? `${cut} of ${look.hold.ledger.scheduled} starts failed with UNAVAILABLE`
        : undefined;
    },
  },
  {
    name: 'visibility lags behind',
    confidence: 'medium',
    knob: 'history.visibilityProcessorMaxPollRPS, the size of the visibility store',
    default: '20',
    advice: 'lists and counts are late by that much; executing workflows does not wait for it',
    source: 'ten seconds until the lists of the server were complete',
    always: true,
    evidence: ({ hold: { visibilityWaitMs = 0 } }) =>
      visibilityWaitMs > 10_000
        ? `the lists of the server were complete ${(visibilityWaitMs / 1000).toFixed(0)} s after the run`
        : undefined,
  },
];

/** Findings from the cluster's own account of one hold. */
export interface Symptoms {
  /** Limits of its services, by their own word. */
  readonly limits: readonly Finding[];
  /** What may explain that a hold was not passed. */
  readonly symptoms: readonly Finding[];
  /** What is worth knowing of one that was. */
  readonly warnings: readonly Finding[];
}

/** @param explain whether there is something to explain: the hold missed a threshold, or is invalid */
export function symptomsOf(hold: HoldEvidence, explain: boolean): Symptoms {
  const look = new HoldReadings(hold);
  const seen = SYMPTOMS.filter(({ always }) => always || explain).flatMap(
    ({ evidence, always: _, source, ...symptom }): Finding[] => {
      const found = evidence(look);
      return found === undefined ? [] : [{ ...symptom, evidence: `${found}; threshold: ${source}` }];
    },
  );
  if (!explain) return { limits: [], symptoms: [], warnings: seen };
  return { limits: SERVICE_LIMITS.flatMap((limit) => refusedBy(limit, hold)), symptoms: seen, warnings: [] };
}
