import type { HoldEvidence } from './hold-evidence';
import type { MeasureName } from '../server/server-measures';
import type { ServerReading } from '../server/server-metrics';

/** Calls of an operation below this are too few for a p95 to say anything. */
export const ENOUGH_CALLS = 50;

/** What the symptoms are looked for in: one hold. */
export class HoldReadings {
  constructor(readonly hold: HoldEvidence) {}

  get targetRate(): number {
    return this.hold.targetRate;
  }

  named(name: MeasureName): readonly ServerReading[] {
    return this.hold.target?.server.readings.filter((reading) => reading.name === name) ?? [];
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
    return this.hold.target?.queues.workflow;
  }

  /** How many starts had this code, whatever became of them. */
  errors(code: string): number {
    const { rejected, unknown } = this.hold.ledger;
    const entries = [...Object.entries(rejected), ...Object.entries(unknown)];
    return entries.reduce((sum, [cause, count]) => sum + (cause.split('/')[0] === code ? count : 0), 0);
  }

  /** A measure's values of each replica of one service. */
  replicas(name: MeasureName, service: string): readonly ServerReading[] {
    return this.named(name).filter(({ labels: of }) => of.startsWith(`${service} #`));
  }

  /** A replica whose pool has no connection left, or nearly so. */
  get fullPool(): ServerReading | undefined {
    return this.named('database connections in use').find(({ labels: of, highest = 0 }) => {
      const allowed = this.named('database connections allowed').find((one) => one.labels === of)?.highest ?? 0;
      return allowed > 0 && highest >= 0.9 * allowed;
    });
  }
}

/** A replica that gets half again as many requests as the mean of its service, in words. */
export function hottest(replicas: readonly ServerReading[]): string | undefined {
  const all = replicas.reduce((sum, { count = 0 }) => sum + count, 0);
  const top = [...replicas].sort((a, b) => (b.count ?? 0) - (a.count ?? 0))[0];
  if (!top || replicas.length < 2 || all < 1000) return undefined;
  const times = ((top.count ?? 0) * replicas.length) / all;
  return times >= 1.5
    ? `${top.labels} took ${top.count} of the ${all} requests of ${replicas.length} replicas, ${times.toFixed(1)} times its share`
    : undefined;
}
