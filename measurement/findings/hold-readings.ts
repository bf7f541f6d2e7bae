import type { HoldEvidence } from './hold-evidence';
import { Readings } from '../server/readings';
import type { MeasureName } from '../server/server-measures';
import type { ServerReading } from '../server/server-metrics';
import { QUEUE_TYPES } from '../server/target';

/** The number of calls that a p95 needs to be meaningful. */
export const ENOUGH_CALLS = 50;

/** A request that uses a connection for longer is slow itself: some of its queries, or the database. */
const SLOW_REQUEST_MS = 100;
/** How many times longer than that an operation takes if it mostly waits. */
const MOSTLY_WAITING = 4;

/** The readings of one hold, as the symptoms use them. */
export class HoldReadings extends Readings {
  constructor(readonly hold: HoldEvidence) {
    super(hold.target?.server.readings ?? []);
  }

  get targetRate(): number {
    return this.hold.targetRate;
  }

  get workflowQueue() {
    return this.hold.target?.queues.workflow;
  }

  /**
   * The task queues whose rate limit holds tasks back: tasks of more than a second of the limit wait. The server averages the
   * dispatched tasks over 30 s, so in a short hold a queue at its limit seems to dispatch less.
   */
  get limitedQueues() {
    return QUEUE_TYPES.flatMap((type) => {
      const queue = this.hold.target?.queues[type];
      const { limitPerSecond: limit } = queue ?? {};
      const isFull = limit !== undefined && queue!.highestBacklog > limit && queue!.dispatchedPerSecond >= 0.4 * limit;
      return isFull ? [{ ...queue!, type, limit }] : [];
    });
  }

  /** Returns the reading with the highest p95 among those with enough calls. */
  slowest(name: MeasureName): (ServerReading & { readonly p95Ms: number }) | undefined {
    return this.named(name)
      .filter(
        (one): one is ServerReading & { p95Ms: number } => (one.count ?? 0) >= ENOUGH_CALLS && one.p95Ms !== undefined,
      )
      .sort((a, b) => b.p95Ms - a.p95Ms)[0];
  }

  /** Returns how many starts failed with a gRPC code, rejected and unknown ones together, but not by the database. */
  errors(code: string): number {
    const { rejected, unknown } = this.hold.ledger;
    const isMeant = ([first, detail = '']: string[]) => first === code && !detail.startsWith('SQLSTATE_');
    const entries = [...Object.entries(rejected), ...Object.entries(unknown)];
    return entries.reduce((sum, [cause, count]) => sum + (isMeant(cause.split('/')) ? count : 0), 0);
  }

  /** Returns a measure's readings of each replica of one service. */
  replicas(name: MeasureName, service: string): readonly ServerReading[] {
    return this.named(name).filter(({ labels }) => labels.startsWith(`${service} #`));
  }

  /** A replica that uses at least 90 % of its database connections. */
  get fullPool(): ServerReading | undefined {
    return this.named('database connections in use').find(({ labels, highest = 0 }) => {
      const limit = this.named('database connection limit').find((one) => one.labels === labels)?.highest ?? 0;
      return limit > 0 && highest >= 0.9 * limit;
    });
  }

  /**
   * Returns how long a request to the database used a connection of the full pool, at most, and how long the slowest
   * operation took, if most of that time was spent on waiting for a connection. By Little's law the connections in use are
   * the requests per second times the time that each of them uses one. Undefined if the database itself takes long.
   */
  get poolWait(): { readonly useMs: number; readonly tookMs: number; readonly labels: string } | undefined {
    const { fullPool } = this;
    const slowest = this.slowest('persistence latency');
    const service = fullPool?.labels.split(' #')[0];
    const requests = this.named('persistence requests').find(({ labels }) => labels === service);
    if (!fullPool?.highest || !slowest?.p50Ms || !requests?.perSecond) return undefined;
    const pools = this.replicas('database connections in use', service!).filter(({ labels }) =>
      labels.endsWith(fullPool.labels.split('/')[1] ?? ''),
    );
    const useMs = (pools.reduce((sum, { highest = 0 }) => sum + highest, 0) * 1000) / requests.perSecond;
    const isWaiting = useMs <= SLOW_REQUEST_MS && slowest.p50Ms >= MOSTLY_WAITING * useMs;
    return isWaiting ? { useMs, tookMs: slowest.p50Ms, labels: slowest.labels } : undefined;
  }
}

/** Describes a replica that gets at least 1.5 times the mean requests of its service; undefined if there is none. */
export function hottestReplica(replicas: readonly ServerReading[]): string | undefined {
  const all = replicas.reduce((sum, { count = 0 }) => sum + count, 0);
  const top = [...replicas].sort((a, b) => (b.count ?? 0) - (a.count ?? 0))[0];
  if (!top || replicas.length < 2 || all < 1000) return undefined;
  const times = ((top.count ?? 0) * replicas.length) / all;
  return times >= 1.5
    ? `${top.labels} received ${top.count} of ${all} requests to ${replicas.length} replicas, ${times.toFixed(1)} times its share`
    : undefined;
}
