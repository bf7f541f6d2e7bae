/** The load of a process in one window of time. */
export interface AuditWindow {
  /** Milliseconds since the epoch, on the process's own clock. */
  readonly startMs: number;
  /** Share of the window in which the main thread was busy, 0–1. */
  readonly eventLoopUtilization: number;
  /** Share of the samples in which all workflow task slots or all activity slots were in use, 0–1. */
  readonly slotsExhaustedShare: number;
  /** CPU used by all threads of the process, in cores. */
  readonly cpuCores: number;
}

type Row = readonly [startMs: number, eventLoopUtilization: number, slotsExhaustedShare: number, cpuCores: number];

/** Rows in ascending order. Each row covers `widthMs`. */
export interface EncodedWindows {
  readonly widthMs: number;
  /** The end of the last report: milliseconds since the epoch, on the process's own clock. */
  readonly untilMs: number;
  /** The reported time before `untilMs` that does not fill a row yet. */
  readonly pendingMs: number;
  readonly rows: readonly Row[];
  /** Times without a report between the first and the last one, the longest ones; absent if an older version sent them. */
  readonly gaps?: readonly Gap[];
}

type Gap = readonly [fromMs: number, toMs: number];

/** The number of rows at which neighboring rows are joined and the width doubles. Must be even. */
const MAX_WINDOWS = 120;
/** Reports come a little late; a longer delay, as a share of the time that one report covers, is a gap. */
const TOLERANCE = 0.25;
/** The gaps that are kept: the longest. */
const MAX_GAPS = 30;

/** Records the load of a process in windows of equal width. Takes bounded space, however long the process runs. */
export class AuditWindows {
  private rows: Row[] = [];
  private gaps: readonly Gap[];
  private pending: AuditWindow[] = [];
  private perRow = 1;
  private widthMs: number;
  private untilMs = 0;

  /**
   * @param sampleMs the time that one call of {@link add} covers
   * @param before the windows of the predecessor of this process, which this object continues
   */
  constructor(
    private readonly sampleMs: number,
    before?: EncodedWindows,
  ) {
    this.widthMs = before?.widthMs ?? sampleMs;
    this.perRow = this.widthMs / sampleMs;
    this.rows = [...(before?.rows ?? [])];
    this.untilMs = before?.untilMs ?? 0;
    this.gaps = before?.gaps ?? [];
  }

  /** Adds the next `sampleMs` of time. */
  add(window: AuditWindow): void {
    if (this.untilMs > 0 && window.startMs - this.untilMs > TOLERANCE * this.sampleMs)
      this.gaps = longest([...this.gaps, [this.untilMs, window.startMs]]);
    this.untilMs = window.startMs + this.sampleMs;
    this.pending.push(window);
    if (this.pending.length < this.perRow) return;
    this.rows.push(meanRow(this.pending.map(toRow)));
    this.pending = [];
    if (this.rows.length < MAX_WINDOWS) return;
    const joined: Row[] = [];
    for (let i = 0; i + 1 < this.rows.length; i += 2) joined.push(meanRow([this.rows[i]!, this.rows[i + 1]!]));
    this.rows = joined;
    this.widthMs *= 2;
    this.perRow *= 2;
  }

  encode(): EncodedWindows {
    const pendingMs = this.pending.length * this.sampleMs;
    return { widthMs: this.widthMs, untilMs: this.untilMs, pendingMs, rows: [...this.rows], gaps: this.gaps };
  }
}

/** Returns the longest time within [fromMs, toMs) without a report, milliseconds. */
export function longestSilence(
  { untilMs, pendingMs, rows, gaps = [] }: EncodedWindows,
  fromMs: number,
  toMs: number,
): number {
  const firstMs = rows[0]?.[0] ?? untilMs - pendingMs;
  const silences = untilMs > 0 ? [[-Infinity, firstMs], ...gaps, [untilMs, Infinity]] : [[-Infinity, Infinity]];
  return Math.max(0, ...silences.map(([from, to]) => Math.min(to!, toMs) - Math.max(from!, fromMs)));
}

/** Removes the shortest gap if there are too many. */
function longest(gaps: readonly Gap[]): readonly Gap[] {
  if (gaps.length <= MAX_GAPS) return gaps;
  const shortest = Math.min(...gaps.map(([from, to]) => to - from));
  const at = gaps.findIndex(([from, to]) => to - from === shortest);
  return gaps.filter((_, i) => i !== at);
}

/**
 * Returns the mean load over [fromMs, toMs): over the windows of which more than half lies inside, or, if there is none,
 * the window with the largest overlap. Returns undefined if no window overlaps.
 */
export function meanDuring(
  { widthMs, rows }: EncodedWindows,
  fromMs: number,
  toMs: number,
): Omit<AuditWindow, 'startMs'> | undefined {
  const overlap = ([startMs]: readonly number[]) => Math.min(startMs! + widthMs, toMs) - Math.max(startMs!, fromMs);
  const inside = rows.filter((row) => overlap(row) > widthMs / 2);
  const nearest = rows.reduce<(typeof rows)[number] | undefined>(
    (top, row) => (overlap(row) > 0 && (!top || overlap(row) > overlap(top)) ? row : top),
    undefined,
  );
  const chosen = inside.length > 0 ? inside : nearest ? [nearest] : [];
  if (chosen.length === 0) return undefined;
  const [, eventLoopUtilization, slotsExhaustedShare, cpuCores] = meanRow(chosen);
  return { eventLoopUtilization, slotsExhaustedShare, cpuCores };
}

function toRow({ startMs, eventLoopUtilization, slotsExhaustedShare, cpuCores }: AuditWindow): Row {
  return [startMs, eventLoopUtilization, slotsExhaustedShare, cpuCores];
}

function meanRow(rows: readonly Row[]): Row {
  const mean = (column: 1 | 2 | 3) =>
    Math.round((rows.reduce((sum, row) => sum + row[column], 0) / rows.length) * 10_000) / 10_000;
  return [rows[0]![0], mean(1), mean(2), mean(3)];
}
