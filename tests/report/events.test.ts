import fc from 'fast-check';
import { COLUMNS, type PackedSeries } from '../../measurement/account/series';
import type { Interruption } from '../../measurement/account/lane';
import { eventsOf, type RunEvent } from '../../report/events';
import type { RunFacts, StepFacts } from '../../report/facts';
import { MAX_EVENTS } from '../../report/result-schema';
import { passedRun } from '../support/passed-run';

const [hold] = passedRun().steps;

interface Change {
  readonly startMs?: number;
  readonly startAtMs?: number;
  readonly attempt?: number;
  readonly interruptions?: readonly (Interruption & { lane: number })[];
  readonly series?: PackedSeries;
  readonly rejected?: Record<string, number>;
}

/** A hold of 20 s. */
function stepOf({ startMs = 0, startAtMs = 1_700_000_000_000 + startMs, attempt = 1, ...change }: Change): StepFacts {
  const { interruptions, series = [], rejected = {} } = change;
  return {
    ...hold!,
    startAtMs,
    step: { ...hold!.step, startMs, attempt },
    measurement: { ...hold!.measurement, series, ...(interruptions ? { interruptions } : {}) },
    settled: { ...hold!.settled, rejected },
  };
}

const eventsIn = (steps: readonly StepFacts[], change: Partial<RunFacts> = {}): RunEvent[] =>
  eventsOf(passedRun({ steps, hosts: [], ...change }));

/** A series with refusals in these intervals of a second. */
function seriesWith(rejected: readonly boolean[]): PackedSeries {
  const at = COLUMNS.indexOf('rejected');
  return rejected.map((isRejected, index) => COLUMNS.map((_, i) => (i === 0 ? index : i === at && isRejected ? 3 : 0)));
}

test('each interruption of a lane is an event where it began and one where it ended, in order, and at most 50 are kept', () => {
  const interruption = fc.record({
    lane: fc.nat(9),
    fromMs: fc.integer({ min: 0, max: 19_000 }),
    lastsMs: fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(interruption, { maxLength: 12 }), fc.nat(3), fc.nat(60_000), (all, copies, startMs) => {
      const interruptions = Array.from({ length: copies + 1 }, () => all).flatMap((some) =>
        some.map(({ lane, fromMs, lastsMs }) => ({ lane, fromMs, ...(lastsMs ? { untilMs: fromMs + lastsMs } : {}) })),
      );
      const events = eventsIn([stepOf({ startMs, interruptions })]);
      const ended = interruptions.flatMap(({ untilMs }) => (untilMs === undefined ? [] : [untilMs]));
      const times = [...interruptions.map(({ fromMs }) => fromMs), ...ended].map((ms) => startMs + ms);
      const expected = times.sort((a, b) => a - b).slice(0, MAX_EVENTS);
      expect(events.map(({ atMs }) => atMs)).toEqual(expected);
      if (times.length <= MAX_EVENTS)
        expect(events.filter(({ kind }) => kind === 'generator-replaced')).toHaveLength(ended.length);
    }),
  );
});

test('refusals at most 5 s apart are one period, which begins with the first and ends after the last', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), (rejected) => {
      const cause = 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace';
      const events = eventsIn([stepOf({ series: seriesWith(rejected), rejected: { [cause]: 9, OTHER: 1 } })]);
      const seconds = rejected.flatMap((isRejected, i) => (isRejected ? [i] : []));
      const begins = seconds.filter((at, i) => i === 0 || at - seconds[i - 1]! > 5);
      const ends = seconds.filter((at, i) => i === seconds.length - 1 || seconds[i + 1]! - at > 5);
      const of = (kind: string) => events.filter((event) => event.kind === kind).map(({ atMs }) => atMs / 1000);
      expect(of('rate-limit-began')).toEqual(begins);
      // A period that lasts until the end of the load has no end.
      expect(of('rate-limit-ended')).toEqual(ends.map((at) => at + 1).filter((at) => at < rejected.length));
      for (const { kind, text } of events)
        expect(text).toContain(kind === 'rate-limit-began' ? `starts: ${cause}, OTHER` : 'no more starts');
    }),
  );
});

test('refusals for another reason are not called a rate limit', () => {
  const [event] = eventsIn([stepOf({ series: seriesWith([false, true]), rejected: { INVALID_ARGUMENT: 3 } })]);
  expect(event).toEqual({
    atMs: 1000,
    kind: 'refusals-began',
    text: 'the server began to refuse starts: INVALID_ARGUMENT',
  });
});

test('an abort and the restart of a host are placed on the timeline, also if it was shifted', () => {
  const startAtMs = 1_700_000_000_000;
  // The second step began 30 s later than planned.
  const steps = [stepOf({ startAtMs }), stepOf({ startMs: 20_000, startAtMs: startAtMs + 50_000 })];
  const at = startAtMs + 53_000;
  const windows = { widthMs: 1000, untilMs: at, pendingMs: 0, rows: [] };
  const gaps: [number, number][] = [
    [at - 900, at - 500],
    [at - 5000, at - 2000],
  ];
  const hosts = [{ host: 3, identity: 'h', restarts: 1, windows: { ...windows, gaps } }];
  const events = eventsIn(steps, { abortReason: 'p99 too high', abortedAtMs: at, hosts });
  expect(events).toEqual([
    { atMs: 21_000, kind: 'host-restarted', text: 'host 3 was restarted after 3 s without a report' },
    { atMs: 23_000, kind: 'aborted', text: 'the run was aborted: p99 too high' },
  ]);
  expect(eventsIn(steps, { abortReason: 'early', abortedAtMs: startAtMs - 1 })).toEqual([]);
});

test('a hold that was repeated and a step that began late are events', () => {
  const steps = [stepOf({}), stepOf({ startMs: 40_000, attempt: 2 })];
  expect(eventsIn(steps, { shifts: [{ step: hold!.step.name, byMs: 2500 }] })).toEqual([
    { atMs: 0, kind: 'timeline-shifted', text: 'the next step began 2.50 s late' },
    { atMs: 40_000, kind: 'step-repeated', text: 'the hold at 10/s was repeated (attempt 2)' },
  ]);
  const leadIn = { ...steps[0]!, step: { ...hold!.step, kind: 'lead-in' as const } };
  expect(eventsIn([leadIn], { shifts: [{ step: hold!.step.name, byMs: 2500 }] })).toEqual([]);
  expect(eventsIn([steps[0]!], { shifts: [{ step: hold!.step.name, byMs: 999 }] })).toEqual([]);
});
