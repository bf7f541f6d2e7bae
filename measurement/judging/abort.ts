import { decodeHistogram, type EncodedHistogram } from '../account/histogram';
import { total, type Ledger } from '../account/ledger';

/** When a run is to end before its time: limits that hold over a window. */
export interface AbortLimits {
  readonly windowMs: number;
  /** Share of the arrivals that did not become a workflow, 0–1. */
  readonly errorRate?: number;
  /** 99th percentile of the latency from the due time. */
  readonly p99Ms?: number;
  /** How old the oldest task of the workload's queue is. */
  readonly backlogAgeMs?: number;
}

/** What is known of a step at one instant: counts and latencies since it began. */
export interface RunSample {
  readonly atMs: number;
  readonly ledger: Ledger;
  readonly latency: EncodedHistogram;
  readonly backlogAgeMs?: number;
}

/** Below so many completions a p99 is the luck of one of them. */
const SAMPLES = 100;

/**
 * Keeps the looks of a window and says in one sentence which limit they break, if one. Says nothing before a whole window
 * has passed.
 */
export class AbortWatch {
  private readonly looks: RunSample[] = [];

  constructor(private readonly limits: AbortLimits) {}

  breach(now: RunSample): string | undefined {
    const { windowMs } = this.limits;
    this.looks.push(now);
    while (this.looks.length > 1 && now.atMs - this.looks[1]!.atMs >= windowMs) this.looks.shift();
    const before = this.looks[0]!;
    if (now.atMs - before.atMs < windowMs) return undefined;
    const over = `over the last ${((now.atMs - before.atMs) / 1000).toFixed(0)} s`;
    return errors(before, now, this.limits, over) ?? slow(before, now, this.limits, over) ?? this.backlog(over);
  }

  /** A backlog is old for a whole window only if every look in it found it so. */
  private backlog(over: string): string | undefined {
    const { backlogAgeMs: limit } = this.limits;
    if (limit === undefined) return undefined;
    const ages = this.looks.map(({ backlogAgeMs }) => backlogAgeMs);
    if (ages.some((age) => age === undefined || age <= limit)) return undefined;
    return `the backlog of the task queue was at least ${seconds(Math.min(...(ages as number[])))} old ${over}; abortOnBacklogAge is ${seconds(limit)}`;
  }
}

function errors(
  before: RunSample,
  now: RunSample,
  { errorRate: limit }: AbortLimits,
  over: string,
): string | undefined {
  const scheduled = now.ledger.scheduled - before.ledger.scheduled;
  if (limit === undefined || scheduled <= 0) return undefined;
  const share = (lost(now.ledger) - lost(before.ledger)) / scheduled;
  return share > limit
    ? `${percent(share)} of the starts failed ${over}; abortOnErrorRate is ${percent(limit)}`
    : undefined;
}

function lost({ rejected, skipped, unknown }: Ledger): number {
  return total(rejected) + total(skipped) + total(unknown);
}

/** The histogram of the window is the difference of the two. */
function slow(before: RunSample, now: RunSample, { p99Ms: limit }: AbortLimits, over: string): string | undefined {
  if (limit === undefined) return undefined;
  const latency = decodeHistogram(now.latency);
  latency.subtract(decodeHistogram(before.latency));
  if (latency.totalCount < SAMPLES) return undefined;
  const p99Ms = latency.getValueAtPercentile(99) / 1000;
  return p99Ms > limit
    ? `the p99 latency was ${p99Ms.toFixed(0)} ms ${over}; abortOnP99 is ${seconds(limit)}`
    : undefined;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
