import type { Finding } from './finding';
import type { MeasureName, ServerReading } from './server-metrics';
import type { TargetObservation } from './target';

/** Calls of an operation below this are too few for a p95 to say anything. */
const ENOUGH_CALLS = 50;

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
  readonly evidence: (look: Look) => string | undefined;
}

/** What the symptoms are looked for in: one hold. */
class Look {
  constructor(
    readonly targetRate: number,
    private readonly target: TargetObservation,
  ) {}

  named(name: MeasureName): readonly ServerReading[] {
    return this.target.server.readings.filter((reading) => reading.name === name);
  }

  sum(name: MeasureName): number {
    return this.named(name).reduce((all, { count = 0 }) => all + count, 0);
  }

  /** The slowest by p95 of those that were called often enough. */
  slowest(name: MeasureName): (ServerReading & { readonly p95Ms: number }) | undefined {
    return this.named(name)
      .filter(
        (one): one is ServerReading & { p95Ms: number } => (one.count ?? 0) >= ENOUGH_CALLS && one.p95Ms !== undefined,
      )
      .sort((a, b) => b.p95Ms - a.p95Ms)[0];
  }

  get workflowQueue() {
    return this.target.queues.workflow;
  }
}

const BASICS = "Temporal's guidance for a healthy cluster";

export const SYMPTOMS: readonly Symptom[] = [
  {
    name: 'nobody takes tasks of the queue',
    confidence: 'high',
    knob: '--hosts',
    default: '1',
    advice: 'see that workers poll the task queue: their log, their namespace, the name of the queue',
    source: 'a backlog of five seconds of load of which nothing is handed out',
    evidence: ({ workflowQueue: queue, targetRate }) =>
      queue && queue.highestBacklog > 5 * targetRate && queue.dispatchedPerSecond < 0.05 * targetRate
        ? `${queue.highestBacklog} workflow tasks waited, ${queue.dispatchedPerSecond.toFixed(1)}/s were handed out`
        : undefined,
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
        ? `persistence latency of ${slow.of}: p95 ${slow.p95Ms.toFixed(0)} ms (of ${slow.count} calls)`
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
    evidence: (look) => {
      const full = look.named('database connections in use').find(({ of, highest = 0 }) => {
        const allowed = look.named('database connections allowed').find((one) => one.of === of)?.highest ?? 0;
        return allowed > 0 && highest >= 0.9 * allowed;
      });
      return full && `${full.highest} connections of ${full.of} were in use at once`;
    },
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
];

export interface ServiceLimit {
  readonly measure: 'calls refused' | 'persistence refused';
  readonly matches: RegExp;
  readonly name: string;
  readonly knob: string;
  readonly default: string;
}

/** Limits within the cluster, which the caller is told of without the service that has them. */
export const SERVICE_LIMITS: readonly ServiceLimit[] = [
  ...(['history', 'matching'] as const).map((service) => ({
    measure: 'calls refused' as const,
    matches: new RegExp(`^rps_?limit/.*/${service}$`, 'i'),
    name: `rate limit of the ${service} service`,
    knob: `${service}.rps`,
    default: service === 'history' ? '3000' : '1200',
  })),
  {
    measure: 'calls refused',
    matches: /^concurrent_?limit\//i,
    name: 'concurrent calls of the namespace',
    knob: 'frontend.namespaceCount',
    default: '1200 per frontend, namespace and API',
  },
  ...Object.entries({ frontend: 2000, history: 9000, matching: 3000, worker: 500 }).map(([service, qps]) => ({
    measure: 'persistence refused' as const,
    matches: new RegExp(`^${service}$`),
    name: `persistence rate limit of the ${service} service`,
    knob: `${service}.persistenceMaxQPS`,
    default: String(qps),
  })),
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
export function symptomsOf(target: TargetObservation, targetRate: number, explain: boolean): Symptoms {
  const look = new Look(targetRate, target);
  const seen = SYMPTOMS.filter(({ always }) => always || explain).flatMap(
    ({ evidence, always: _, source, ...symptom }): Finding[] => {
      const found = evidence(look);
      return found === undefined ? [] : [{ ...symptom, evidence: `${found}; threshold: ${source}` }];
    },
  );
  if (!explain) return { limits: [], symptoms: [], warnings: seen };
  return { limits: SERVICE_LIMITS.flatMap((limit) => refusedBy(limit, look)), symptoms: seen, warnings: [] };
}

function refusedBy({ measure, matches, name, knob, default: fallback }: ServiceLimit, look: Look): Finding[] {
  const hit = look.named(measure).filter(({ of }) => matches.test(of));
  const count = hit.reduce((sum, one) => sum + (one.count ?? 0), 0);
  if (count === 0) return [];
  const evidence = `${count} calls were refused within the cluster, by its own metrics (${measure})`;
  const advice = `raise ${knob} in the server's dynamic configuration`;
  return [{ name, confidence: 'high', evidence, knob, default: fallback, advice }];
}
