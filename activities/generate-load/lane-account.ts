import type { Histogram } from 'hdr-histogram-js';
import { decodeHistogram, emptyHistogram, encodeHistogram, recordMs } from '../../measurement/account/histogram';
import {
  HISTOGRAM_DIGITS,
  type Interruption,
  type LaneHistograms,
  type LaneResult,
} from '../../measurement/account/lane';
import { lagLimit } from '../../measurement/judging/generator-windows';
import type { GeneratorAudit } from '../../measurement/account/generator-audit';
import { kindAt } from '../../load-workflows/kinds';
import { total } from '../../measurement/account/ledger';
import { OpenSet, openSequences } from '../../measurement/account/open-set';
import { withScheduled } from '../../measurement/account/mix';
import type { GenerateLoadInput, LaneCheckpoint } from '../../orchestrator/activity-types';
import { increment, sum } from './causes';
import type { FailedStart } from '../../temporal/grpc-errors';
import type { LaneObserver } from './lane-observer';
import { LaneSeries } from './lane-series';
import { scheduleOf } from './lane-schedule';
import { MixAccount } from './mix-account';
import { ProvisionalStarts } from './provisional-starts';

/** The interruptions that a lane keeps: the latest. */
const MAX_INTERRUPTIONS = 5;

/** One observed completion: when it happened in the step, and its latencies. Milliseconds. */
export interface Completion {
  readonly sequence: number;
  readonly atMs: number;
  readonly latencyMs: number;
  readonly serviceMs: number;
}

/**
 * The account of one lane of one step: the outcome of each arrival and all measured durations. All times are milliseconds
 * from the start of the step.
 */
export class LaneAccount {
  private scheduled = 0;
  private acknowledged = 0;
  private recovered = 0;
  private readonly provisional = new ProvisionalStarts();
  private readonly skipped = new Map<string, number>();
  private open = new OpenSet();
  private chosen = 0;
  private completed = 0;
  private readonly failed = new Map<string, number>();
  private lost = 0;
  private pending = 0;
  private readonly during = new Map<number, number>();
  private histograms: Record<keyof LaneHistograms, Histogram>;
  private readonly series: LaneSeries;
  private gapArrivals = 0;
  private interruptions: readonly Interruption[] = [];
  private readonly mix: MixAccount;

  constructor(
    private readonly input: GenerateLoadInput,
    private readonly observer?: LaneObserver,
  ) {
    this.mix = new MixAccount(input.kinds.map(({ workload }) => workload));
    this.histograms = {
      latency: emptyHistogram(HISTOGRAM_DIGITS.latency),
      service: emptyHistogram(HISTOGRAM_DIGITS.service),
      start: emptyHistogram(HISTOGRAM_DIGITS.start),
      lag: emptyHistogram(HISTOGRAM_DIGITS.lag),
    };
    this.series = new LaneSeries(scheduleOf(input), input.seriesWidthMs);
  }

  /**
   * Takes over the account of a dead attempt. The arrivals that were open, and those that were due since its last
   * heartbeat, are in doubt: the dead attempt may have sent them, so they are neither sent again nor counted as skipped.
   *
   * @param resumeAt the first sequence that is not due yet
   * @param interruption the time in which the lane had no generator
   */
  resume(from: LaneCheckpoint, resumeAt: number, interruption?: Interruption): void {
    const { ledger, observation, provisional, histograms, cursor } = from;
    this.acknowledged = ledger.acknowledged;
    this.recovered = ledger.recovered;
    for (const [cause, n] of Object.entries(ledger.skipped)) this.skipped.set(cause, n);
    this.provisional.resume(ledger, provisional);
    for (const sequence of openSequences(cursor)) this.provisional.doubt(sequence);
    this.provisional.doubt(cursor.next, resumeAt - cursor.next);
    this.mix.resume(withScheduled(from.parts, (sequence) => this.kindOf(sequence), cursor.next, resumeAt));
    this.series.resume(from.series, cursor.next, resumeAt);
    this.scheduled = Math.max(resumeAt, cursor.next);
    this.open = new OpenSet(this.scheduled);
    this.gapArrivals = from.gapArrivals + Math.max(0, resumeAt - cursor.next);
    this.interruptions = [...(from.interruptions ?? []), ...(interruption ? [interruption] : [])].slice(
      -MAX_INTERRUPTIONS,
    );
    this.chosen = observation.chosen;
    this.completed = observation.completed;
    for (const [status, n] of Object.entries(observation.failed)) this.failed.set(status, n);
    this.lost = this.chosen - this.completed - total(observation.failed);
    for (const [step, n] of from.completedDuring) this.during.set(step, n);
    this.histograms = {
      latency: decodeHistogram(histograms.latency),
      service: decodeHistogram(histograms.service),
      start: decodeHistogram(histograms.start),
      lag: decodeHistogram(histograms.lag),
    };
  }

  schedule(sequence: number, dueMs: number): void {
    this.scheduled += 1;
    this.open.take(sequence);
    this.mix.count(this.kindOf(sequence), 'scheduled');
    this.series.count(dueMs, 'scheduled');
    this.observer?.scheduled(this.workloadOf(sequence));
  }

  skip(sequence: number, dueMs: number, reason: string): void {
    this.open.settle(sequence);
    increment(this.skipped, reason);
    this.series.count(dueMs, 'skipped');
    this.observer?.skipped(this.workloadOf(sequence), reason);
  }

  send(sequence: number, lagMs: number): void {
    recordMs(this.histograms.lag, lagMs);
    this.observer?.sent(this.workloadOf(sequence), lagMs);
  }

  /** The highest acceptable p95 of the schedule lag, milliseconds. */
  get lagLimitMs(): number {
    const { start, latency } = this.histograms;
    return lagLimit(start.getValueAtPercentile(50) / 1000, latency.getValueAtPercentile(95) / 1000);
  }

  acknowledge(sequence: number, atMs: number, startMs: number): void {
    this.open.settle(sequence);
    this.acknowledged += 1;
    recordMs(this.histograms.start, startMs);
    this.mix.count(this.kindOf(sequence), 'acknowledged');
    this.series.count(atMs, 'acknowledged');
    this.observer?.acknowledged(this.workloadOf(sequence));
  }

  /** Counts a start that the server had already accepted from an earlier attempt. */
  recover(sequence: number): void {
    this.open.settle(sequence);
    this.recovered += 1;
    this.observer?.recovered(this.workloadOf(sequence));
  }

  /** Counts a start that failed. The first message of each cause is kept as an example. */
  fail(sequence: number, atMs: number, failed: FailedStart): void {
    this.open.settle(sequence);
    this.provisional.fail(sequence, failed);
    this.series.count(atMs, 'rejected');
    this.observer?.failed(this.workloadOf(sequence), failed.cause);
  }

  /** Counts an arrival whose completion is observed. */
  choose(atMs: number): void {
    this.chosen += 1;
    this.series.count(atMs, 'opened');
  }

  complete({ sequence, atMs, latencyMs, serviceMs }: Completion): void {
    this.completed += 1;
    recordMs(this.histograms.latency, latencyMs);
    recordMs(this.histograms.service, serviceMs);
    this.series.count(atMs, 'completed');
    this.close(sequence, atMs);
    this.mix.complete(this.kindOf(sequence), latencyMs);
    this.observer?.completed(this.workloadOf(sequence), latencyMs);
    this.series.latency(atMs, latencyMs);
    const { step: own, timelineOffsetMs, kinds } = this.input;
    const at = own.startMs - timelineOffsetMs + atMs - kinds[this.kindOf(sequence)]!.waitingMs;
    const step = this.input.timeline.find(({ startMs, endMs }) => startMs <= at && at < endMs);
    if (step) this.during.set(step.index, (this.during.get(step.index) ?? 0) + 1);
  }

  /** Counts an observed workflow that closed without completing. */
  closeOtherwise(sequence: number, atMs: number, status: string, message?: string): void {
    if (message !== undefined) this.provisional.addExample(status, message);
    increment(this.failed, status);
    this.mix.count(this.kindOf(sequence), 'failed');
    this.series.count(atMs, 'failed');
    this.close(sequence, atMs);
    this.observer?.closedOtherwise(this.workloadOf(sequence), status);
  }

  /** Counts an observed workflow whose close is no longer observed: it is not known whether it is open. */
  loseTrack(sequence: number, atMs: number): void {
    this.lost += 1;
    this.close(sequence, atMs);
  }

  /** Counts the completions that are still awaited as pending, because the time to wait for them is over. */
  giveUpWaiting(): void {
    this.pending = this.awaited;
  }

  get inFlight(): number {
    return this.open.size;
  }

  get awaited(): number {
    return this.chosen - this.completed - this.lost - sum(this.failed);
  }

  /**
   * Returns the account as heartbeat details.
   *
   * @param through arrivals below this sequence are reserved for this attempt, which can no longer report their outcome
   */
  checkpoint(phase: LaneCheckpoint['phase'], through = 0): LaneCheckpoint {
    const ledger = this.ledger();
    return {
      lane: this.input.lane,
      phase,
      cursor: this.open.encode(through),
      ledger: { ...ledger, scheduled: Math.max(ledger.scheduled, through) },
      provisional: this.provisional.encode(),
      observation: this.observation(),
      histograms: this.encodeHistograms(),
      completedDuring: [...this.during],
      parts: withScheduled(this.mix.encode(), (sequence) => this.kindOf(sequence), this.scheduled, through),
      series: this.series.thin(this.scheduled, through),
      gapArrivals: this.gapArrivals,
      ...this.knownInterruptions,
      inFlight: this.inFlight,
      awaited: this.awaited,
    };
  }

  result(audit: GeneratorAudit, cutShort: string | undefined): LaneResult {
    return {
      lane: this.input.lane,
      ledger: this.ledger(),
      provisional: this.provisional.encode(),
      observation: this.observation(),
      histograms: this.encodeHistograms(),
      completedDuring: [...this.during],
      parts: this.mix.encode(),
      series: this.series.pack(),
      audit,
      gapArrivals: this.gapArrivals,
      ...this.knownInterruptions,
      ...(cutShort === undefined ? {} : { cutShort }),
    };
  }

  private get knownInterruptions(): Pick<LaneResult, 'interruptions'> {
    return this.interruptions.length === 0 ? {} : { interruptions: this.interruptions };
  }

  private kindOf(sequence: number): number {
    return kindAt(this.input.kinds, this.input.lane, sequence);
  }

  private workloadOf(sequence: number): string {
    return this.input.kinds[this.kindOf(sequence)]!.workload;
  }

  private ledger() {
    return {
      scheduled: this.scheduled,
      acknowledged: this.acknowledged,
      recovered: this.recovered,
      skipped: Object.fromEntries(this.skipped),
      ...this.provisional.counts(),
    };
  }

  private observation() {
    const { chosen, completed, lost, pending } = this;
    return { chosen, completed, failed: Object.fromEntries(this.failed), lost, pending };
  }

  private encodeHistograms(): LaneHistograms {
    const { latency, service, start, lag } = this.histograms;
    return {
      latency: encodeHistogram(latency),
      service: encodeHistogram(service),
      start: encodeHistogram(start),
      lag: encodeHistogram(lag),
    };
  }

  /** A workflow that waits by design is not open for longer than it should be: its end counts earlier by that time. */
  private close(sequence: number, atMs: number): void {
    this.series.count(atMs - this.input.kinds[this.kindOf(sequence)]!.waitingMs, 'closed');
  }
}
