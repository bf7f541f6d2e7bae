import type { GeneratorAudit } from './generator-audit';
import type { EncodedHistogram } from './histogram';
import { emptyHistogram, encodeHistogram, mergeHistograms } from './histogram';
import { addCounts, mergeLedgers, total, type Counts, type Ledger } from './ledger';
import { mergeParts, type MixPartCounts } from './mix';
import { mergeSeries, packSeries, unpackSeries, type PackedSeries } from './series';
import type { EncodedSequences } from './sequence-set';
import type { TargetObservation } from '../server/target';

/** The four durations a generator measures, all on its own monotonic clock. */
export interface LaneHistograms {
  /** Due time → completion seen. What the user of the cluster would have waited. 3 digits. */
  readonly latency: EncodedHistogram;
  /** Send → completion seen. 2 digits. */
  readonly service: EncodedHistogram;
  /** Send → start acknowledged. 2 digits. */
  readonly start: EncodedHistogram;
  /** Due time → send: how late the generator itself was. 2 digits. */
  readonly lag: EncodedHistogram;
}

const none = encodeHistogram(emptyHistogram());
export const noHistograms: LaneHistograms = { latency: none, service: none, start: none, lag: none };

export const HISTOGRAM_DIGITS = { latency: 3, service: 2, start: 2, lag: 2 } as const;

/** What became of the arrivals whose completion was to be observed. */
export interface Observation {
  /** Acknowledged starts that were chosen to be observed: all of them, or the sample. */
  readonly chosen: number;
  readonly completed: number;
  /** Closed otherwise, by status, e.g. `failed`. */
  readonly failed: Counts;
  /** Samples given up because of us: the observer failed, its cap was reached, or the process died. */
  readonly lost: number;
  /** Not closed when the time to wait for completions was over. chosen = completed + failed + lost + pending. */
  readonly pending: number;
}

/** Arrivals that only the server can settle, by the entry of the ledger they are booked under. */
export interface Provisional {
  /** By cause; null where there are too many runs to name them, so that they are settled by count. */
  readonly rejected: Readonly<Record<string, EncodedSequences>> | null;
  readonly unknown: Readonly<Record<string, EncodedSequences>> | null;
  readonly inDoubt: EncodedSequences | null;
}

/** What a generator returns for one lane of one step. */
export interface LaneResult {
  readonly lane: number;
  readonly ledger: Ledger;
  readonly provisional: Provisional;
  readonly observation: Observation;
  readonly histograms: LaneHistograms;
  /** Completions seen, by the index of the step in whose time they fell. */
  readonly completedDuring: readonly (readonly [stepIndex: number, count: number])[];
  /** Each workload of a mix; empty for a run of one. */
  readonly parts: readonly MixPartCounts[];
  readonly series: PackedSeries;
  readonly audit: GeneratorAudit;
  /** Arrivals that fell into gaps between attempts. */
  readonly gapArrivals: number;
  /** Why the lane ended before its last due time, if it did. */
  readonly cutShort?: string;
}

/** A step's lanes, merged. Audits stay apart: a mean would hide the one generator that could not keep up. */
export interface StepMeasurement {
  readonly ledger: Ledger;
  /** Arrivals that fell due, by lane: which sequences a lane can have sent. */
  readonly scheduledByLane: readonly number[];
  readonly provisional: readonly { readonly lane: number; readonly entries: Provisional }[];
  readonly observation: Observation;
  readonly histograms: LaneHistograms;
  readonly completedDuring: readonly (readonly [stepIndex: number, count: number])[];
  /** Each workload of a mix; empty for a run of one. */
  readonly parts: readonly MixPartCounts[];
  readonly series: PackedSeries;
  readonly audits: readonly GeneratorAudit[];
  readonly gapArrivals: number;
  /** What the target did meanwhile; absent where nobody looked. */
  readonly target?: TargetObservation;
  readonly cutShort?: string;
}

/**
 * Ids that are looked up one by one at the most. What a step, and a run, has beyond it is settled by count, and is not
 * named: results and what a run carries on stay small however much was refused.
 */
export const MAX_PROVISIONAL = 5000;

/** Stands for more provisional arrivals than are named, of whichever lanes. */
export const unnamedProvisional: StepMeasurement['provisional'] = [
  { lane: 0, entries: { rejected: null, unknown: null, inDoubt: null } },
];

function isProvisional({ provisional: { rejected, unknown, inDoubt } }: LaneResult): boolean {
  return [rejected, unknown, inDoubt].some((entry) => entry === null || Object.keys(entry).length > 0);
}

export function provisionalIn({ rejected, unknown, inDoubt }: Ledger): number {
  return total(rejected) + total(unknown) + inDoubt;
}

export function mergeLanes(lanes: readonly LaneResult[]): StepMeasurement {
  const ledger = mergeLedgers(lanes.map((lane) => lane.ledger));
  const tooMany = provisionalIn(ledger) > MAX_PROVISIONAL;
  const cut = lanes.find((lane) => lane.cutShort !== undefined)?.cutShort;
  return {
    ledger,
    scheduledByLane: lanes.map((lane) => lane.ledger.scheduled),
    provisional: tooMany
      ? unnamedProvisional
      : lanes.filter(isProvisional).map((lane) => ({ lane: lane.lane, entries: lane.provisional })),
    observation: mergeObservations(lanes.map((lane) => lane.observation)),
    histograms: mergeLaneHistograms(lanes.map((lane) => lane.histograms)),
    completedDuring: mergeCompletedDuring(lanes.flatMap((lane) => lane.completedDuring)),
    parts: mergeParts(lanes.flatMap((lane) => lane.parts)),
    series: packSeries(mergeSeries(lanes.map((lane) => unpackSeries(lane.series)))),
    audits: lanes.map((lane) => lane.audit),
    gapArrivals: lanes.reduce((sum, lane) => sum + lane.gapArrivals, 0),
    ...(cut === undefined ? {} : { cutShort: cut }),
  };
}

export function mergeLaneHistograms(all: readonly LaneHistograms[]): LaneHistograms {
  const merge = (name: keyof LaneHistograms) =>
    mergeHistograms(
      all.map((histograms) => histograms[name]),
      HISTOGRAM_DIGITS[name],
    );
  return { latency: merge('latency'), service: merge('service'), start: merge('start'), lag: merge('lag') };
}

export function mergeObservations(all: readonly Observation[]): Observation {
  return {
    chosen: all.reduce((sum, one) => sum + one.chosen, 0),
    completed: all.reduce((sum, one) => sum + one.completed, 0),
    failed: addCounts(...all.map((one) => one.failed)),
    lost: all.reduce((sum, one) => sum + one.lost, 0),
    pending: all.reduce((sum, one) => sum + one.pending, 0),
  };
}

function mergeCompletedDuring(entries: readonly (readonly [number, number])[]): [number, number][] {
  const sums = new Map<number, number>();
  for (const [step, count] of entries) sums.set(step, (sums.get(step) ?? 0) + count);
  return [...sums.entries()].sort(([a], [b]) => a - b);
}
