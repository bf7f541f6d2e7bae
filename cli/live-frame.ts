import { clock, readableMs } from '../measurement/format/durations';

/** What the live view shows at one time. */
export interface LiveState {
  readonly runId: string;
  readonly phase: string;
  /** Absent outside the load. */
  readonly load?: LoadState;
  readonly notes: readonly string[];
  /** How long the run has not answered, milliseconds; absent if it answers. */
  readonly silentMs?: number;
}

export interface LoadState {
  readonly elapsedMs: number;
  readonly durationMs: number;
  readonly step: string;
  readonly targetRate: number;
  readonly inFlight: number;
  readonly backlog?: Readonly<Partial<Record<'workflow' | 'activity', number>>>;
  /** Arrivals that did not become a workflow, by cause. */
  readonly errors: Readonly<Record<string, number>>;
  /** One entry per refresh, the latest last. */
  readonly history: readonly Moment[];
}

export interface Moment {
  readonly ratePerSecond: number;
  /** Absent before the first completion. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
}

/** Below this size, the view is one line. */
const SMALLEST = { columns: 60, rows: 14 };
/** Rows of the frame besides its two charts. */
const OTHER_ROWS = 10;
const LABEL = 11;

/** Returns the lines of the live view, none wider than the screen; one line if the screen is small. */
export function frame(state: LiveState, screen: Screen): string[] {
  const { load } = state;
  if (!load || screen.columns < SMALLEST.columns || screen.rows < SMALLEST.rows) {
    return [oneLine(state).slice(0, screen.columns - 1)];
  }
  const paint = painter(screen.color);
  const latest = load.history.at(-1);
  const height = Math.max(1, Math.min(8, Math.floor((screen.rows - OTHER_ROWS) / 2)));
  const width = screen.columns - LABEL - 16;
  const rates = load.history.map(({ ratePerSecond }) => ratePerSecond);
  const p99s = load.history.map(({ p99Ms }) => p99Ms);
  const failed = Object.entries(load.errors);
  const total = failed.reduce((sum, [, count]) => sum + count, 0);
  const errors = total === 0 ? 'none' : `${total}: ${failed.map(([cause, count]) => `${count} × ${cause}`).join(', ')}`;
  const latency = latest?.p99Ms === undefined ? 'none yet' : readableMs(latest.p99Ms);
  const cut = (text: string) => text.slice(0, screen.columns - 1);
  return [
    paint('bold', cut(`${state.runId} · ${load.step}`)),
    cut(
      `${bar(load.elapsedMs / load.durationMs, 24)} ${clock(load.elapsedMs)} of ${clock(load.durationMs)}, ${clock(left(load))} left`,
    ),
    '',
    ...chart(
      'starts/s',
      rates,
      width,
      height,
      `${(latest?.ratePerSecond ?? 0).toFixed(0)} of ${load.targetRate.toFixed(0)}`,
    ).map((line) => paint('green', cut(line))),
    ...chart('p99', p99s, width, height, latency).map((line) => paint('yellow', cut(line))),
    '',
    cut(`${'p50'.padEnd(LABEL)}${latest?.p50Ms === undefined ? 'none yet' : readableMs(latest.p50Ms)}`),
    cut(`${'in flight'.padEnd(LABEL)}${load.inFlight}${backlog(load)}`),
    paint(total === 0 ? 'dim' : 'red', cut(`${'errors'.padEnd(LABEL)}${errors}`)),
    ...[silence(state) ?? state.notes.at(-1)].flatMap((note) => (note ? [cut(`${'note'.padEnd(LABEL)}${note}`)] : [])),
    paint('dim', cut('Ctrl-C aborts with a report; Ctrl-C twice does not wait for it')),
  ];
}

/** Returns the state as one line, for a small terminal or a file. */
export function oneLine(state: LiveState): string {
  const { phase, load } = state;
  const silent = silence(state);
  if (!load) return silent === undefined ? phase : `${phase}; ${silent}`;
  const { elapsedMs, durationMs, step, targetRate, inFlight, errors, history } = load;
  const latest = history.at(-1);
  const latency =
    latest?.p50Ms === undefined || latest.p99Ms === undefined
      ? 'no completions yet'
      : `p50 ${latest.p50Ms.toFixed(0)} p99 ${latest.p99Ms.toFixed(0)} ms`;
  return [
    `${bar(elapsedMs / durationMs)} ${step}`,
    `${(latest?.ratePerSecond ?? 0).toFixed(0)} of ${targetRate.toFixed(0)}/s`,
    latency,
    `in flight ${inFlight}`,
    `errors ${Object.values(errors).reduce((sum, count) => sum + count, 0)}`,
    `${Math.ceil(left(load) / 1000)} s left`,
    ...(silent === undefined ? [] : [silent]),
  ].join('  ');
}

/** Says that the run has not answered for some time; undefined if it answers. */
export function silence({ silentMs }: Pick<LiveState, 'silentMs'>): string | undefined {
  if (silentMs === undefined) return undefined;
  return `no answer from the control worker for ${Math.round(silentMs / 1000)} s; waiting for it`;
}

const BLOCKS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/**
 * Draws values as columns of blocks, the latest at the right, scaled to the largest. A value above 0 has at least the
 * lowest block; a missing value is blank.
 */
export function columns(values: readonly (number | undefined)[], width: number, height: number): string[] {
  const shown = values.slice(-width);
  const largest = Math.max(0, ...shown.map((value) => value ?? 0));
  const levels = shown.map((value) =>
    value === undefined || value <= 0 ? 0 : Math.max(1, Math.round((value / largest) * height * 8)),
  );
  return Array.from({ length: height }, (_, i) => {
    const below = (height - 1 - i) * 8;
    return levels.map((level) => BLOCKS[Math.max(0, Math.min(8, level - below))]).join('');
  });
}

/** A chart with its name and its latest value beside the lowest row. */
function chart(
  name: string,
  values: readonly (number | undefined)[],
  width: number,
  height: number,
  value: string,
): string[] {
  const drawn = columns(values, width, height);
  return drawn.map((line, i) =>
    i === height - 1 ? `${name.padEnd(LABEL)}${line}  ${value}` : `${' '.repeat(LABEL)}${line}`,
  );
}

function left({ durationMs, elapsedMs }: LoadState): number {
  return Math.max(0, durationMs - elapsedMs);
}

function backlog({ backlog: found }: LoadState): string {
  const known = Object.entries(found ?? {}).map(([type, tasks]) => `${type} ${tasks}`);
  return known.length === 0 ? '' : `, backlog ${known.join(', ')}`;
}

function bar(share: number, width = 20): string {
  const full = Math.round(Math.min(1, share) * width);
  return `[${'█'.repeat(full)}${'·'.repeat(width - full)}]`;
}

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

function painter(color: boolean): (style: keyof typeof STYLES, text: string) => string {
  return (style, text) => (color ? `\x1b[${STYLES[style]}m${text}\x1b[0m` : text);
}
