import { decodeHistogram, type EncodedHistogram } from '../account/histogram';
import { total, type Ledger } from '../account/ledger';
import { percent, seconds } from '../format/numbers';

/** Limits that abort a run. A limit must be exceeded over a whole window. */
export interface AbortLimits {
  readonly windowMs: number;
  /** Share of the arrivals that did not become a workflow, 0–1. */
  readonly errorRate?: number;
  /** 99th percentile of the latency from the due time. */
  readonly p99Ms?: number;
  /** Age of the oldest task in the workload's task queue. */
  readonly backlogAgeMs?: number;
}

/** The state of a step at one instant: counts and latencies since the step began. */
export interface RunSample {
  readonly atMs: number;
  readonly ledger: Ledger;
  readonly latency: EncodedHistogram;
  readonly backlogAgeMs?: number;
}

/** With fewer completions in a window, one slow workflow decides the p99, so it is not compared. */
const MIN_COMPLETIONS_FOR_P99 = 100;

/** With fewer failures in a window, a single one would abort a run with few arrivals, so they are not compared. */
const MIN_FAILURES = 3;

/** Compares the samples of a sliding window with the abort limits. */
export class AbortWatch {
  private readonly samples: RunSample[] = [];

  constructor(private readonly limits: AbortLimits) {}

  /**
   * Adds a sample and returns one sentence about the first limit that the window exceeds. Returns undefined if no limit
   * is exceeded, or if the samples do not span a whole window yet.
   */
  breach(now: RunSample): string | undefined {
    const { windowMs } = this.limits;
    this.samples.push(now);
    while (this.samples.length > 1 && now.atMs - this.samples[1]!.atMs >= windowMs) this.samples.shift();
    const before = this.samples[0]!;
    if (now.atMs - before.atMs < windowMs) return undefined;
    const period = `over the last ${seconds(now.atMs - before.atMs, 0)}`;
    return (
      errorBreach(before, now, this.limits, period) ??
      latencyBreach(before, now, this.limits, period) ??
      this.backlogBreach(period)
    );
  }

  /** The backlog exceeds its limit only if every sample of the window does; a missing value does not count as one. */
  private backlogBreach(period: string): string | undefined {
    const { backlogAgeMs: limit } = this.limits;
    if (limit === undefined) return undefined;
    const ages = this.samples.map(({ backlogAgeMs }) => backlogAgeMs);
    if (ages.some((age) => age === undefined || age <= limit)) return undefined;
    return `the backlog of the task queue was at least ${seconds(Math.min(...(ages as number[])))} old ${period}; abortOnBacklogAge is ${seconds(limit)}`;
  }
}

function errorBreach(
  before: RunSample,
  now: RunSample,
  { errorRate: limit }: AbortLimits,
  period: string,
): string | undefined {
  const scheduled = now.ledger.scheduled - before.ledger.scheduled;
  if (limit === undefined || scheduled <= 0) return undefined;
  const failures = notStarted(now.ledger) - notStarted(before.ledger);
  const share = failures / scheduled;
  return share > limit && failures >= MIN_FAILURES
    ? `${percent(share)} of the starts failed ${period}; abortOnErrorRate is ${percent(limit)}`
    : undefined;
}

function notStarted({ rejected, skipped, unknown }: Ledger): number {
  return total(rejected) + total(skipped) + total(unknown);
}

/** The latencies of the window are the difference between the histograms at its two ends. */
function latencyBreach(
  before: RunSample,
  now: RunSample,
  { p99Ms: limit }: AbortLimits,
  period: string,
): string | undefined {
  if (limit === undefined) return undefined;
  const latency = decodeHistogram(now.latency);
  latency.subtract(decodeHistogram(before.latency));
  if (latency.totalCount < MIN_COMPLETIONS_FOR_P99) return undefined;
  const p99Ms = latency.getValueAtPercentile(99) / 1000;
  return p99Ms > limit
    ? `the p99 latency was ${p99Ms.toFixed(0)} ms ${period}; abortOnP99 is ${seconds(limit)}`
    : undefined;
}
