import { mergeSeries, unpackSeries, type SeriesPoint } from '../measurement/account/series';
import { readableMs } from '../measurement/format/durations';
import type { RunFacts, StepFacts } from './facts';
import { MAX_EVENTS, type BenchmarkResult } from './result-schema';

export type RunEvent = NonNullable<BenchmarkResult['events']>[number];

/** The characters of the reason of an abort that an event has; `abortReason` has all. */
const MAX_REASON = 200;
/** A step that begins less late than this is not worth an event. */
const LATE_MS = 1000;
/** Refusals with a shorter time between them are one period. */
const JOIN_MS = 5000;

/**
 * Returns what happened during the load, in order, on the time axis of the series: at most {@link MAX_EVENTS}, the first ones.
 */
export function eventsOf(facts: RunFacts): RunEvent[] {
  const all = [
    ...facts.steps.flatMap(interruptionsOf),
    ...restartsOf(facts),
    ...refusalsOf(facts),
    ...repetitionsOf(facts),
    ...shiftsOf(facts),
    ...abortOf(facts),
  ];
  return all
    .map((event) => ({ ...event, atMs: Math.max(0, Math.round(event.atMs)) }))
    .sort((a, b) => a.atMs - b.atMs)
    .slice(0, MAX_EVENTS);
}

/** Generators that died or were replaced, and their successors. */
function interruptionsOf({ step, measurement }: StepFacts): RunEvent[] {
  return (measurement.interruptions ?? []).flatMap(({ lane, fromMs, untilMs }) => [
    {
      atMs: step.startMs + fromMs,
      kind: 'generator-lost',
      text: `the generator of lane ${lane} no longer reported`,
    } as const,
    ...(untilMs === undefined
      ? []
      : [
          {
            atMs: step.startMs + untilMs,
            kind: 'generator-replaced',
            text: `another generator took over lane ${lane}, ${readableMs(untilMs - fromMs)} later`,
          } as const,
        ]),
  ]);
}

/** Hosts that were restarted: a restart is a time without a report. The longest ones are the restarts. */
function restartsOf({ hosts, steps }: RunFacts): RunEvent[] {
  return hosts.flatMap(({ host, restarts, windows: { gaps = [] } }) => {
    const longest = [...gaps].sort(([a, b], [c, d]) => d - c - (b - a)).slice(0, restarts);
    return longest.flatMap(([fromMs, toMs]) => {
      const atMs = placeOf(toMs, steps);
      const text = `host ${host} was restarted after ${readableMs(toMs - fromMs)} without a report`;
      return atMs === undefined ? [] : [{ atMs, kind: 'host-restarted', text } as const];
    });
  });
}

/** Periods in which the server refused starts: because of a rate limit, or for another reason. */
function refusalsOf({ steps, seriesWidthMs: widthMs }: RunFacts): RunEvent[] {
  const points = mergeSeries(steps.map(({ measurement }) => unpackSeries(measurement.series)));
  return periodsOf(points, Math.max(1, JOIN_MS / widthMs)).flatMap(([first, last]) => {
    const causes = causesBetween(steps, first * widthMs, (last + 1) * widthMs);
    const isLimit = causes.some((cause) => cause.startsWith('RESOURCE_EXHAUSTED'));
    const [began, ended] = isLimit
      ? (['rate-limit-began', 'rate-limit-ended'] as const)
      : (['refusals-began', 'refusals-ended'] as const);
    const why = causes.length === 0 ? '' : `: ${causes.slice(0, 2).join(', ')}`;
    const isOver = points.at(-1)!.index > last;
    return [
      { atMs: first * widthMs, kind: began, text: `the server began to refuse starts${why}` },
      ...(isOver ? [{ atMs: (last + 1) * widthMs, kind: ended, text: 'the server refused no more starts' }] : []),
    ];
  });
}

/** Returns the first and the last interval of each period with refusals. */
function periodsOf(points: readonly SeriesPoint[], joinWithin: number): [first: number, last: number][] {
  const periods: [number, number][] = [];
  for (const { index, rejected } of points) {
    if (rejected === 0) continue;
    const latest = periods.at(-1);
    if (latest && index - latest[1] <= joinWithin) latest[1] = index;
    else periods.push([index, index]);
  }
  return periods;
}

/** Returns why starts were refused in the steps of a period, the most frequent cause first. */
function causesBetween(steps: readonly StepFacts[], fromMs: number, toMs: number): string[] {
  const counts = new Map<string, number>();
  for (const { step, settled } of steps) {
    if (step.startMs >= toMs || step.startMs + step.durationMs <= fromMs) continue;
    for (const [cause, count] of Object.entries(settled.rejected)) counts.set(cause, (counts.get(cause) ?? 0) + count);
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([cause]) => cause);
}

function repetitionsOf({ steps }: RunFacts): RunEvent[] {
  return steps
    .filter(({ step }) => step.kind === 'hold' && step.attempt > 1)
    .map(({ step: { startMs, fromRate, attempt } }) => {
      return {
        atMs: startMs,
        kind: 'step-repeated',
        text: `the hold at ${fromRate}/s was repeated (attempt ${attempt})`,
      };
    });
}

/** Steps that began late. A hold that is repeated, and a trial, begin with a lead-in whenever the run is ready for it. */
function shiftsOf({ shifts, steps }: RunFacts): RunEvent[] {
  return shifts.flatMap(({ step, byMs }) => {
    const found = steps.find(({ step: { name } }) => name === step);
    if (found === undefined || found.step.kind === 'lead-in' || byMs < LATE_MS) return [];
    return [
      { atMs: found.step.startMs, kind: 'timeline-shifted', text: `the next step began ${readableMs(byMs)} late` },
    ];
  });
}

function abortOf({ abortReason, abortedAtMs, steps }: RunFacts): RunEvent[] {
  const atMs = abortedAtMs === undefined ? undefined : placeOf(abortedAtMs, steps);
  return atMs === undefined
    ? []
    : [{ atMs, kind: 'aborted', text: `the run was aborted: ${(abortReason ?? 'no reason').slice(0, MAX_REASON)}` }];
}

/** Returns the place of an instant on the timeline; undefined before the load. */
function placeOf(epochMs: number, steps: readonly StepFacts[]): number | undefined {
  const latest = steps
    .filter(({ startAtMs }) => startAtMs <= epochMs)
    .sort((a, b) => a.startAtMs - b.startAtMs)
    .at(-1);
  return latest && latest.step.startMs + (epochMs - latest.startAtMs);
}
