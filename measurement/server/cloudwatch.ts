import type { ServerReading } from './server-metrics';

/** A measure that Amazon CloudWatch has of an Aurora DSQL cluster, one value per minute. */
export interface CloudWatchMeasure {
  readonly name: string;
  readonly metric: string;
  /** `sum`: what happened in a minute, added up over the hold. `average`: a state, with its lowest, mean and highest value. */
  readonly kind: 'sum' | 'average';
  readonly unit: string;
}

/** The metrics of the namespace `AWS/AuroraDSQL`. */
export const CLOUDWATCH_MEASURES = [
  {
    name: 'Aurora DSQL commit latency',
    metric: 'CommitLatency',
    kind: 'average',
    unit: 'ms, the median of each minute',
  },
  { name: 'Aurora DSQL transactions', metric: 'TotalTransactions', kind: 'sum', unit: 'transactions' },
  { name: 'Aurora DSQL read-only transactions', metric: 'ReadOnlyTransactions', kind: 'sum', unit: 'transactions' },
  { name: 'Aurora DSQL conflicts', metric: 'OccConflicts', kind: 'sum', unit: 'transactions' },
  { name: 'Aurora DSQL query timeouts', metric: 'QueryTimeouts', kind: 'sum', unit: 'queries' },
  { name: 'Aurora DSQL bytes read', metric: 'BytesRead', kind: 'sum', unit: 'bytes' },
  { name: 'Aurora DSQL bytes written', metric: 'BytesWritten', kind: 'sum', unit: 'bytes' },
  { name: 'Aurora DSQL compute time', metric: 'ComputeTime', kind: 'sum', unit: 'ms' },
  { name: 'Aurora DSQL DPU', metric: 'TotalDPU', kind: 'sum', unit: 'distributed processing units' },
  { name: 'Aurora DSQL write DPU', metric: 'WriteDPU', kind: 'sum', unit: 'distributed processing units' },
  { name: 'Aurora DSQL read DPU', metric: 'ReadDPU', kind: 'sum', unit: 'distributed processing units' },
  { name: 'Aurora DSQL compute DPU', metric: 'ComputeDPU', kind: 'sum', unit: 'distributed processing units' },
] as const satisfies readonly CloudWatchMeasure[];

export type CloudWatchName = (typeof CLOUDWATCH_MEASURES)[number]['name'];

/** The values of a metric by minute: seconds since the epoch at its beginning, and the value. */
export type MinuteValues = ReadonlyMap<number, number>;

/** Whole minutes: seconds since the epoch, the end excluded. */
export interface Minutes {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** Returns the minutes that lie entirely within a hold; undefined if there is none. */
export function minutesWithin(startAtMs: number, durationMs: number): Minutes | undefined {
  const fromSeconds = Math.ceil(startAtMs / 60_000) * 60;
  const toSeconds = Math.floor((startAtMs + durationMs) / 60_000) * 60;
  return fromSeconds < toSeconds ? { fromSeconds, toSeconds } : undefined;
}

/** Returns the readings of some minutes. A metric without a value is absent; a minute without one adds nothing to a sum. */
export function cloudWatchReadings(byMetric: ReadonlyMap<string, MinuteValues>, minutes: Minutes): ServerReading[] {
  const seconds = minutes.toSeconds - minutes.fromSeconds;
  return CLOUDWATCH_MEASURES.flatMap(({ name, metric, kind }): ServerReading[] => {
    const all = [...(byMetric.get(metric) ?? [])];
    const values = all.flatMap(([at, value]) => (at >= minutes.fromSeconds && at < minutes.toSeconds ? [value] : []));
    if (values.length === 0) return [];
    const sum = values.reduce((total, value) => total + value, 0);
    return kind === 'sum'
      ? [{ name, labels: '', count: Math.round(sum), perSecond: sum / seconds }]
      : [{ name, labels: '', lowest: Math.min(...values), mean: sum / values.length, highest: Math.max(...values) }];
  });
}
