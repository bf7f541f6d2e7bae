import type { GeneratorAudit } from './generator-audit';
import type { EncodedHistogram } from './histogram';
import { emptyHistogram, encodeHistogram, mergeHistograms } from './histogram';
import { addCounts, mergeLedgers, total, type Counts, type Ledger } from './ledger';
import { mergeParts, type MixPartCounts } from './mix';
import { mergeSeries, packSeries, unpackSeries, type PackedSeries } from './series';
import type { EncodedSequences } from './sequence-set';
import type { TargetObservation } from '../server/target';

/** The four durations that a generator measures, all on its own monotonic clock. */
export interface LaneHistograms {
  /** Due time → observed completion: how long a user of the cluster would have waited. 3 digits. */
  readonly latency: EncodedHistogram;
  /** Send → observed completion. 2 digits. */
  readonly service: EncodedHistogram;
  /** Send → acknowledged start. 2 digits. */
  readonly start: EncodedHistogram;
  /** Due time → send: how late the generator was. 2 digits. */
  readonly lag: EncodedHistogram;
}

const none = encodeHistogram(emptyHistogram());
export const noHistograms: LaneHistograms = { latency: none, service: none, start: none, lag: none };

export const HISTOGRAM_DIGITS = { latency: 3, service: 2, start: 2, lag: 2 } as const;

/** The outcome of the arrivals whose completion was selected for observation. */
export interface Observation {
  /** Acknowledged starts that were selected for observation: all of them, or a sample. */
  readonly chosen: number;
  readonly completed: number;
  /** Workflows that closed with another status, by status, e.g. `failed`. */
  readonly failed: Counts;
  /** Samples that the benchmark lost: the observer failed, its cap was reached, or the process died. */
  readonly lost: number;
  /** Workflows still open when the completion timeout expired. chosen = completed + failed + lost + pending. */
  readonly pending: number;
}

/** Arrivals whose outcome only the server knows, by their entry in the ledger. */
export interface Provisional {
  /** By cause; null if there are too many runs to list, in which case they are settled by count. */
  readonly rejected: Readonly<Record<string, EncodedSequences>> | null;
  readonly unknown: Readonly<Record<string, EncodedSequences>> | null;
  readonly inDoubt: EncodedSequences | null;
}

/** A time in which a lane had no generator, in milliseconds from the start of the step. */
export interface Interruption {
  /** When the first arrival was due that the last heartbeat does not contain. */
  readonly fromMs: number;
  /** When another generator took over; absent if none did. */
  readonly untilMs?: number;
}

/** The interruptions that a step keeps, at most. */
const MAX_INTERRUPTIONS = 20;

/** What a generator returns for one lane of one step. */
export interface LaneResult {
  readonly lane: number;
  readonly ledger: Ledger;
  readonly provisional: Provisional;
  readonly observation: Observation;
  readonly histograms: LaneHistograms;
  /** Observed completions, by the index of the step during which they occurred. */
  readonly completedDuring: readonly (readonly [stepIndex: number, count: number])[];
  /** The workloads of a mix; empty for a single workload. */
  readonly parts: readonly MixPartCounts[];
  readonly series: PackedSeries;
  readonly audit: GeneratorAudit;
  /** Arrivals that fell due between two attempts. */
  readonly gapArrivals: number;
  /** Absent if there are none, or an older version ran the lane. */
  readonly interruptions?: readonly Interruption[];
  /** Why the lane ended before its last due time, if it did. */
  readonly cutShort?: string;
}

/** Why a lane could not run, although a retry would not help. */
export interface StepFailure {
  readonly message: string;
  /** The failure type, e.g. `RateRefused`. */
  readonly type?: string;
}

/** The merged lanes of a step. Audits are not merged: a mean would hide the one generator that fell behind. */
export interface StepMeasurement {
  readonly ledger: Ledger;
  /** Arrivals that fell due, by lane. They bound the sequences that a lane can have sent. */
  readonly scheduledByLane: readonly number[];
  readonly provisional: readonly { readonly lane: number; readonly entries: Provisional }[];
  readonly observation: Observation;
  readonly histograms: LaneHistograms;
  readonly completedDuring: readonly (readonly [stepIndex: number, count: number])[];
  /** The workloads of a mix; empty for a single workload. */
  readonly parts: readonly MixPartCounts[];
  readonly series: PackedSeries;
  readonly audits: readonly GeneratorAudit[];
  readonly gapArrivals: number;
  /** The first interruptions of the lanes; absent if there are none. */
  readonly interruptions?: readonly (Interruption & { readonly lane: number })[];
  /** What the target did during the step; absent if it was not observed. */
  readonly target?: TargetObservation;
  readonly cutShort?: string;
  /** The failure that ended the step; absent if no lane failed. */
  readonly failure?: StepFailure;
}

/**
 * The maximum number of ids that are looked up one by one. If a step, or a run, has more provisional arrivals, they are
 * settled by count and not listed. This bounds results and run state, however many starts were rejected.
 */
export const MAX_PROVISIONAL = 5000;

/** Represents provisional arrivals that are not listed, of any lane. */
export const unnamedProvisional: StepMeasurement['provisional'] = [
  { lane: 0, entries: { rejected: null, unknown: null, inDoubt: null } },
];

function isProvisional({ provisional: { rejected, unknown, inDoubt } }: LaneResult): boolean {
  return [rejected, unknown, inDoubt].some((entry) => entry === null || Object.keys(entry).length > 0);
}

/** Returns the number of provisional arrivals in a ledger. */
export function provisionalIn({ rejected, unknown, inDoubt }: Ledger): number {
  return total(rejected) + total(unknown) + inDoubt;
}

export function mergeLanes(lanes: readonly LaneResult[]): StepMeasurement {
  const ledger = mergeLedgers(lanes.map((lane) => lane.ledger));
  const tooMany = provisionalIn(ledger) > MAX_PROVISIONAL;
  const cut = lanes.find((lane) => lane.cutShort !== undefined)?.cutShort;
  const interruptions = lanes
    .flatMap(({ lane, interruptions: all = [] }) => all.map((one) => ({ ...one, lane })))
    .sort((a, b) => a.fromMs - b.fromMs)
    .slice(0, MAX_INTERRUPTIONS);
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
    ...(interruptions.length === 0 ? {} : { interruptions }),
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
