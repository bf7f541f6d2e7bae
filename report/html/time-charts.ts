import { clock, readableMs, readableRate, shortMs } from '../../measurement/format/durations';
import { percent, readable } from '../../measurement/format/numbers';
import { isInProgress } from '../interim';
import type { BenchmarkResult, StepResult } from '../result-schema';
import { linearAxis, logAxis, timeAxis } from './axis';
import { band, chart, limit, line, type Axes } from './chart';
import { eventLines, eventMarks, eventTable, shownEvents } from './event-marks';
import { hasLatencyBuckets, heatMap } from './heat-map';
import { closedTable, markup, scriptJson, section, type Markup } from './markup';
import { serverOverTime, serverRows } from './server-over-time';
import { verdictOf } from './verdicts';

/** The rows of the tables below the charts over time, at most. */
const MAX_ROWS = 60;

interface Interval {
  readonly startMs: number;
  readonly scheduled: number;
  readonly acknowledged: number;
  readonly notStarted: number;
  readonly completed: number;
  readonly meanMs: number | undefined;
  readonly maxMs: number | undefined;
}

/** Returns the rates and the latency over time, with the holds and the events of the run. */
export function overTime(result: BenchmarkResult): Markup {
  const { series, timeline } = result;
  const intervals = intervalsOf(result);
  if (intervals.length === 0) return markup``;
  const endMs = Math.max(timeline.durationMs, intervals.at(-1)!.startMs + series.widthMs);
  const x = timeAxis(endMs);
  const events = shownEvents(result, intervals.find(({ notStarted }) => notStarted > 0)?.startMs);
  const ratesOverTime = rateChart(result, intervals, x, events);
  // A step in progress has no distribution yet.
  const hasDistribution = hasLatencyBuckets(result) && !result.steps.some(isInProgress);
  const latency = hasDistribution ? heatMap(result, x, events) : latencyChart(result, intervals, x, events);
  const rows = serverRows(result);
  const data = {
    widthMs: series.widthMs,
    endMs,
    columns: [
      ...['scheduled', 'completed', 'not started', 'mean', 'longest'],
      ...(rows.length > 0 ? ['persistence p95', 'tasks waiting'] : []),
    ],
    rows: intervals.map((one) => [
      one.startMs,
      readableRate(one.scheduled),
      readableRate(one.completed),
      readableRate(one.notStarted),
      show(one.meanMs),
      show(one.maxMs),
      ...(rows.length > 0 ? serverAt(rows, one.startMs) : []),
    ]),
  };
  const server = serverOverTime(result, x, events);
  return markup`${section('rates', 'Rates over time', ratesOverTime)}${section('latency-over-time', 'Latency over time', latency)}${section('server-over-time', 'The server over time', server)}
    <script type="application/json" class="timeline">${scriptJson(data)}</script>`;
}

/** Returns the readings of the server in whose interval this instant is. */
function serverAt(rows: ReturnType<typeof serverRows>, atMs: number): string[] {
  const row = rows.find((one) => one.atMs! > atMs);
  const backlog = [row?.workflowBacklog, row?.activityBacklog].filter((tasks) => tasks !== undefined);
  return [show(row?.persistenceP95Ms), backlog.length === 0 ? '–' : String(backlog.reduce((sum, n) => sum + n, 0))];
}

function show(ms: number | undefined): string {
  return ms === undefined ? '–' : readableMs(ms);
}

/** Returns the intervals with rates per second. In a sampled run, completions are scaled up from the sample. */
function intervalsOf({ series, completion }: BenchmarkResult): Interval[] {
  const at = (name: string) => series.columns.indexOf(name);
  const perSecond = 1000 / series.widthMs;
  return series.points.map((point): Interval => {
    const value = (name: string) => point[at(name)] ?? 0;
    const completed = value('completed');
    return {
      startMs: value('index') * series.widthMs,
      scheduled: value('scheduled') * perSecond,
      acknowledged: value('acknowledged') * perSecond,
      notStarted: (value('rejected') + value('skipped')) * perSecond,
      completed: (completed * perSecond) / (completion.share || 1),
      meanMs: completed > 0 ? value('latencySumMs') / completed : undefined,
      maxMs: completed > 0 ? value('latencyMaxMs') : undefined,
    };
  });
}

/** Puts an undefined value where intervals are missing, which interrupts a line. */
function lineOf(intervals: readonly Interval[], widthMs: number, read: (one: Interval) => number | undefined) {
  return intervals.flatMap((one, i): [number, number | undefined][] => {
    const previous = intervals[i - 1];
    const gap = previous !== undefined && one.startMs - previous.startMs > widthMs * 1.5;
    const middle = one.startMs + widthMs / 2;
    return gap
      ? [
          [one.startMs, undefined],
          [middle, read(one)],
        ]
      : [[middle, read(one)]];
  });
}

function rateChart(
  result: BenchmarkResult,
  intervals: readonly Interval[],
  x: Axes['x'],
  events: ReturnType<typeof shownEvents>,
): Markup {
  const { steps, series, completion } = result;
  const highest = Math.max(
    1,
    ...intervals.flatMap((one) => [one.scheduled, one.completed]),
    ...steps.map(({ toRate }) => toRate),
  );
  const axes = { x, y: linearAxis(highest, (value) => `${Number(readable(value))}/s`) };
  const target = steps.flatMap(({ startMs, durationMs, fromRate, toRate }): [number, number][] => [
    [startMs, fromRate],
    [startMs + durationMs, toRate],
  ]);
  const marks = eventMarks(events, axes);
  const has = intervals.some(({ notStarted }) => notStarted > 0);
  return markup`${chart({
    title: 'Workflows per second',
    ...axes,
    backgrounds: holdBands(steps, axes),
    layers: [
      line(target, axes, 'target'),
      line(
        lineOf(intervals, series.widthMs, (one) => one.scheduled),
        axes,
        'scheduled',
      ),
      line(
        lineOf(intervals, series.widthMs, (one) => one.completed),
        axes,
        'completed',
      ),
      ...(has
        ? [
            line(
              lineOf(intervals, series.widthMs, (one) => one.notStarted),
              axes,
              'bad',
            ),
          ]
        : []),
      ...marks.map(({ layer }) => layer),
    ],
    labels: marks.map(({ label }) => label),
    legend: [
      ['target', 'target'],
      ['scheduled', 'scheduled'],
      ['completed', 'completed'],
      ...(has ? [['bad', 'not started'] as const] : []),
    ],
    xTitle: `time since the start of the load; a tinted background is a hold (${holdLegend(steps)})`,
    isTimeline: true,
  })}${completion.observed === 'sample' ? markup`<p class="hint">Completions are scaled up from the ${percent(completion.share)} that clients observed.</p>` : markup``}${eventTable(events)}${timeTable(intervals, series.widthMs)}`;
}

/** Draws mean and longest latency, which results of older versions have instead of the distribution. */
function latencyChart(
  result: BenchmarkResult,
  intervals: readonly Interval[],
  x: Axes['x'],
  events: ReturnType<typeof shownEvents>,
): Markup {
  const { steps, series, thresholds } = result;
  const values = intervals.flatMap(({ meanMs = 0, maxMs = 0 }) => [meanMs, maxMs]).filter((ms) => ms > 0);
  if (values.length === 0) return markup``;
  const required = thresholds.maxP99LatencyMs;
  // A limit far above everything measured would squeeze the lines; then it is only named.
  const isNear = required > 0 && required <= 20 * Math.max(...values);
  const axes = { x, y: logAxis(isNear ? [...values, required] : values, shortMs) };
  const slo = isNear ? limit(required, `p99 limit ${readableMs(required)}`, axes) : undefined;
  return markup`${chart({
    title: 'Latency from the due time',
    ...axes,
    backgrounds: holdBands(steps, axes),
    layers: [
      line(
        lineOf(intervals, series.widthMs, ({ maxMs }) => maxMs),
        axes,
        'max',
      ),
      line(
        lineOf(intervals, series.widthMs, ({ meanMs }) => meanMs),
        axes,
        'mean',
      ),
      ...eventLines(events, axes),
      ...(slo ? [slo.layer] : []),
    ],
    labels: slo ? [slo.label] : [],
    legend: [
      ['mean', 'mean'],
      ['max', 'longest'],
    ],
    xTitle: `time of completion; logarithmic${isNear || required === 0 ? '' : `; the p99 limit of ${readableMs(required)} is above this chart`}`,
    isTimeline: true,
  })}`;
}

function holdBands(steps: readonly StepResult[], axes: Axes): Markup[] {
  const holds = steps.filter(({ kind }) => kind === 'hold');
  return holds.map((step) => band(step.startMs, step.startMs + step.durationMs, axes, verdictOf(step).className));
}

function holdLegend(steps: readonly StepResult[]): string {
  const names = new Set(steps.filter(({ kind }) => kind === 'hold').map((step) => verdictOf(step).text));
  return [...names].join(', ') || 'none was reached';
}

/** A table with at most {@link MAX_ROWS} rows, each the mean of neighboring intervals. */
function timeTable(intervals: readonly Interval[], widthMs: number): Markup {
  const size = Math.ceil(intervals.length / MAX_ROWS);
  const rows = [];
  for (let from = 0; from < intervals.length; from += size) {
    const group = intervals.slice(from, from + size);
    const mean = (read: (one: Interval) => number) =>
      readableRate(group.reduce((sum, one) => sum + read(one), 0) / group.length);
    const weight = group.reduce((sum, { meanMs, completed }) => sum + (meanMs === undefined ? 0 : completed), 0);
    const latency = group.reduce((sum, { meanMs = 0, completed }) => sum + meanMs * completed, 0) / (weight || 1);
    const longest = Math.max(0, ...group.map(({ maxMs = 0 }) => maxMs));
    rows.push([
      clock(group[0]!.startMs),
      mean((one) => one.scheduled),
      mean((one) => one.acknowledged),
      mean((one) => one.completed),
      mean((one) => one.notStarted),
      weight > 0 ? readableMs(latency) : '–',
      weight > 0 ? readableMs(longest) : '–',
    ]);
  }
  const head = ['time', 'scheduled', 'acknowledged', 'completed', 'not started', 'mean latency', 'longest'];
  return closedTable(`Table (one row per ${clock(size * widthMs)})`, head, rows);
}
