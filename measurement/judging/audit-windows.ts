/** How busy a process was in one window of time. */
export interface AuditWindow {
  /** Milliseconds since the epoch, on the process's own clock. */
  readonly startMs: number;
  /** Share of the window in which the main thread was busy, 0–1. */
  readonly eventLoopUtilization: number;
  /** Share of the samples in which every slot for workflow tasks, or for activities, was taken, 0–1. */
  readonly slotsExhaustedShare: number;
  /** CPU that all of the process's threads used, in cores: 1.5 is one and a half of them. */
  readonly cpuCores: number;
}

type Row = readonly [startMs: number, eventLoopUtilization: number, slotsExhaustedShare: number, cpuCores: number];

/** Rows in ascending order, each as long as `widthMs`. */
export interface EncodedWindows {
  readonly widthMs: number;
  /** Up to when the process was heard: milliseconds since the epoch, on its own clock. */
  readonly untilMs: number;
  /** How much of the time before that fills no row yet. */
  readonly pendingMs: number;
  readonly rows: readonly Row[];
}

/** An even number of windows at which neighbours are joined and the width doubles. */
const MAX_WINDOWS = 120;

/** Windows of equal width over the whole life of a process, in bounded space however long it lives. */
export class AuditWindows {
  private rows: Row[] = [];
  private pending: AuditWindow[] = [];
  private perRow = 1;
  private widthMs: number;
  private untilMs = 0;

  /**
   * @param sampleMs how much time one call of {@link add} stands for
   * @param before what a predecessor of the process has left, to go on from
   */
  constructor(
    private readonly sampleMs: number,
    before?: EncodedWindows,
  ) {
    this.widthMs = before?.widthMs ?? sampleMs;
    this.perRow = this.widthMs / sampleMs;
    this.rows = [...(before?.rows ?? [])];
    this.untilMs = before?.untilMs ?? 0;
  }

  /** Adds the next stretch of time, as long as the width given at first. */
  add(window: AuditWindow): void {
    this.untilMs = window.startMs + this.sampleMs;
    this.pending.push(window);
    if (this.pending.length < this.perRow) return;
    this.rows.push(mean(this.pending.map(toRow)));
    this.pending = [];
    if (this.rows.length < MAX_WINDOWS) return;
    const joined: Row[] = [];
    for (let i = 0; i + 1 < this.rows.length; i += 2) joined.push(mean([this.rows[i]!, this.rows[i + 1]!]));
    this.rows = joined;
    this.widthMs *= 2;
    this.perRow *= 2;
  }

  encode(): EncodedWindows {
    const pendingMs = this.pending.length * this.sampleMs;
    return { widthMs: this.widthMs, untilMs: this.untilMs, pendingMs, rows: [...this.rows] };
  }
}

/** The longest time within [fromMs, toMs) in which the process was not heard. */
export function longestSilence(
  { widthMs, untilMs, pendingMs, rows }: EncodedWindows,
  fromMs: number,
  toMs: number,
): number {
  const heard = [...rows.map(([startMs]) => [startMs, startMs + widthMs] as const)];
  if (untilMs > 0) heard.push([untilMs - pendingMs, untilMs]);
  let longest = 0;
  let silentFrom = fromMs;
  for (const [start, end] of heard) {
    longest = Math.max(longest, Math.min(start, toMs) - silentFrom);
    silentFrom = Math.max(silentFrom, end);
  }
  return Math.max(0, longest, toMs - silentFrom);
}

/**
 * The mean over the windows that lie in [fromMs, toMs) by more than half; where none does, over the one that covers
 * most of it, and nothing at all without any window.
 */
export function meanDuring(
  { widthMs, rows }: EncodedWindows,
  fromMs: number,
  toMs: number,
): Omit<AuditWindow, 'startMs'> | undefined {
  const overlap = ([startMs]: readonly number[]) => Math.min(startMs! + widthMs, toMs) - Math.max(startMs!, fromMs);
  const inside = rows.filter((row) => overlap(row) > widthMs / 2);
  const best = rows.reduce<(typeof rows)[number] | undefined>(
    (most, row) => (overlap(row) > 0 && (!most || overlap(row) > overlap(most)) ? row : most),
    undefined,
  );
  const chosen = inside.length > 0 ? inside : best ? [best] : [];
  if (chosen.length === 0) return undefined;
  const [, eventLoopUtilization, slotsExhaustedShare, cpuCores] = mean(chosen);
  return { eventLoopUtilization, slotsExhaustedShare, cpuCores };
}

function toRow({ startMs, eventLoopUtilization, slotsExhaustedShare, cpuCores }: AuditWindow): Row {
  return [startMs, eventLoopUtilization, slotsExhaustedShare, cpuCores];
}

function mean(rows: readonly Row[]): Row {
  const of = (column: 1 | 2 | 3) =>
    Math.round((rows.reduce((sum, row) => sum + row[column], 0) / rows.length) * 10_000) / 10_000;
  return [rows[0]![0], of(1), of(2), of(3)];
}
