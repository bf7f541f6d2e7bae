import { emptyLedger } from '../../measurement/account/ledger';
import type { HoldEvidence } from '../../measurement/findings/hold-evidence';
import type { MeasureName } from '../../measurement/server/server-measures';
import type { ServerReading } from '../../measurement/server/server-metrics';
import type { QueueDepth, TargetObservation } from '../../measurement/server/target';

/** A task queue whose workers keep up. */
export const busy: QueueDepth = {
  samples: 5,
  meanBacklog: 1,
  highestBacklog: 3,
  highestAgeMs: 10,
  growthPerSecond: 1,
  addedPerSecond: 50,
  dispatchedPerSecond: 50,
};
/** A latency with its quantiles. */
export const latency = (name: MeasureName, labels: string, p95Ms: number): ServerReading => {
  return { name, labels, count: 1000, perSecond: 50, p50Ms: p95Ms / 3, p95Ms, p99Ms: p95Ms * 2 };
};
/** A counter over twenty seconds. */
export const counter = (name: MeasureName, count: number, labels = ''): ServerReading => ({
  name,
  labels,
  count,
  perSecond: count / 20,
});

/** The readings of a healthy cluster. */
const healthy: readonly ServerReading[] = [
  latency('persistence latency', 'UpdateWorkflowExecution', 8),
  latency('shard lock latency', '', 1),
  latency('visibility latency', '', 10),
  latency('history task load latency', '', 20),
  latency('history task schedule latency', '', 5),
  counter('persistence requests', 5000, 'history'),
  counter('successful polls', 1000),
  counter('sync-matched polls', 995),
  { name: 'database connections in use', labels: 'history #1/main', highest: 4 },
  { name: 'database connection limit', labels: 'history #1/main', highest: 20 },
  counter('requests rejected', 0, 'RpsLimit/Namespace/frontend'),
];

/** What a healthy cluster reports, with changes. */
export function observed(changes: readonly ServerReading[] = [], queue: Partial<typeof busy> = {}): TargetObservation {
  const same = (a: ServerReading, b: ServerReading) => a.name === b.name && a.labels === b.labels;
  const kept = healthy.filter((reading) => !changes.some((change) => same(change, reading)));
  return {
    queues: { workflow: { ...busy, ...queue }, activity: null },
    server: { endpoints: 1, readings: [...kept, ...changes], unknown: [] },
  };
}

/** A hold of 50/s on a target. */
export function hold(target: TargetObservation, change: Partial<HoldEvidence> = {}): HoldEvidence {
  const ledger = { ...emptyLedger, scheduled: 1000, acknowledged: 1000 };
  return { targetRate: 50, ledger, acknowledgedPerSecond: 50, completedPerSecond: 50, target, ...change };
}
