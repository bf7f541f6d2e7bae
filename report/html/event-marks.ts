import { clock, readableMs } from '../../measurement/format/durations';
import { isInProgress } from '../interim';
import type { BenchmarkResult } from '../result-schema';
import { mark, type Axes } from './chart';
import { closedTable, markup, table, type Markup } from './markup';

/** An event on the time axis. */
interface ShownEvent {
  readonly atMs: number;
  readonly text: string;
}

/** The events that are marked with a number; the table has all. */
const MARKED = 20;
/** The rows of the table that is open, at most. */
const OPEN_ROWS = 8;

/** Returns what happened, as far as the result reports when. */
export function shownEvents(result: BenchmarkResult, firstNotStartedMs?: number): readonly ShownEvent[] {
  return result.events ?? eventsOfOlder(result, firstNotStartedMs);
}

/** Returns a numbered mark for each event. */
export function eventMarks(events: readonly ShownEvent[], axes: Axes) {
  return events.slice(0, MARKED).map(({ atMs }, i) => mark(atMs, String(i + 1), axes));
}

/** Returns the marks without their numbers, for the charts below the first one. */
export function eventLines(events: readonly ShownEvent[], axes: Axes): Markup[] {
  return eventMarks(events, axes).map(({ layer }) => layer);
}

/** Returns the table of the events, whose numbers are those of the marks. */
export function eventTable(events: readonly ShownEvent[]): Markup {
  if (events.length === 0) return markup``;
  const head = ['mark, time', 'what happened'];
  const rows = events.map(({ atMs, text }, i) => [`${i + 1} · ${clock(atMs)}`, text]);
  const rest = rows.slice(OPEN_ROWS);
  return markup`${table(head, rows.slice(0, OPEN_ROWS))}${closedTable(`${rest.length} more events`, head, rest)}`;
}

/** Derives some events from a result of an older version, which lists none. */
function eventsOfOlder({ steps, timeline, abortReason }: BenchmarkResult, firstNotStartedMs?: number): ShownEvent[] {
  const cut = steps.find((step) => step.cutShort !== undefined && !isInProgress(step));
  const replaced = steps.filter(({ gapArrivals }) => gapArrivals > 0);
  return [
    ...(firstNotStartedMs === undefined ? [] : [{ atMs: firstNotStartedMs, text: 'first start refused or skipped' }]),
    ...replaced.map(({ startMs }) => ({ atMs: startMs, text: 'a generator was replaced in this step' })),
    ...timeline.shifts.flatMap(({ step, byMs }) => {
      const found = steps.find(({ name }) => name === step);
      return found ? [{ atMs: found.startMs, text: `the next step began ${readableMs(byMs)} late` }] : [];
    }),
    ...(cut ? [{ atMs: cut.startMs, text: abortReason ? 'aborted in this step' : 'this step was cut short' }] : []),
  ].sort((a, b) => a.atMs - b.atMs);
}
