import type { Sample } from './exposition';
import { OVER_TIME_MEASURES, SERVER_MEASURES, type ServerMeasure } from './server-measures';

/** `all` at both ends of a hold; `during` it, gauges and the measures that are read over time. */
export type PagePart = 'all' | 'during';

/** What a name on a server's page says: the metric, and for a histogram the part of it and its unit. */
interface WireName {
  readonly metric: string;
  readonly part: 'value' | 'bucket' | 'sum';
  /** How many milliseconds a value of 1 is; `undecided` if the name does not tell. */
  readonly unitMs: number | 'undecided';
}

/**
 * Returns the names under which servers serve a metric, by their metrics framework. Tally serves it as it is defined, with
 * latencies in seconds. OpenTelemetry adds `_total` to counters, and `_milliseconds` or `_seconds` to latencies; two
 * switches of the server turn these suffixes off.
 */
function namesOf(kind: ServerMeasure['kind'], metric: string): [name: string, WireName][] {
  const value = { metric, part: 'value', unitMs: 1 } as const;
  if (kind === 'gauge') return [[metric, value]];
  if (kind === 'counter')
    return [
      [metric, value],
      [`${metric}_total`, value],
    ];
  return [
    [`${metric}_seconds_bucket`, { metric, part: 'bucket', unitMs: 1000 }],
    [`${metric}_milliseconds_bucket`, { metric, part: 'bucket', unitMs: 1 }],
    [`${metric}_bucket`, { metric, part: 'bucket', unitMs: 'undecided' }],
    [`${metric}_sum`, { metric, part: 'sum', unitMs: 'undecided' }],
  ];
}

function namesToRead(part: PagePart): ReadonlyMap<string, WireName> {
  const overTime = new Set(OVER_TIME_MEASURES.map(({ name }) => name));
  const wanted = SERVER_MEASURES.filter(({ kind, name }) => part === 'all' || kind === 'gauge' || overTime.has(name));
  return new Map(
    wanted.flatMap(({ kind, metrics }: ServerMeasure) => metrics.flatMap((metric) => namesOf(kind, metric))),
  );
}

const WIRE_NAMES = { all: namesToRead('all'), during: namesToRead('during') };
const GAUGES = new Set<string>(SERVER_MEASURES.flatMap(({ kind, metrics }) => (kind === 'gauge' ? metrics : [])));

/** Returns the samples of gauges. */
export function gaugesOn(page: readonly Sample[]): readonly Sample[] {
  return page.filter(({ name }) => GAUGES.has(name));
}

/** Returns whether a name on a page belongs to a measure. */
export function isToRead(name: string, part: PagePart): boolean {
  return WIRE_NAMES[part].has(name);
}

/** Returns a regular expression for the names of all metrics that belong to a measure, in the syntax of PromQL. */
export function namePattern(part: PagePart): string {
  return [...WIRE_NAMES[part].keys()].join('|');
}

/** Temporal's internal namespace, whose workflows run whether there is load or not. */
const INTERNAL = /^temporal[-_]system$/;
/** The name under which a process counts its work before its services start. */
const NO_SERVICE = 'server';

interface WireSample {
  readonly sample: Sample;
  readonly name: WireName;
}

/**
 * Returns the samples of measures with the names as the server defines them, and with bounds of buckets in milliseconds,
 * whichever framework serves the page. Leaves out the samples of Temporal's internal namespace.
 *
 * A histogram without a unit in its name records fractions of seconds (tally, or OpenTelemetry with `recordTimerInSeconds`)
 * or whole milliseconds (OpenTelemetry). The sums of the latter are whole numbers.
 */
export function canonicalSamples(samples: readonly Sample[]): Sample[] {
  const wire = samples.flatMap((sample): WireSample[] => {
    const name = WIRE_NAMES.all.get(sample.name);
    const { namespace = '', service_name: service } = sample.labels;
    // A gauge without a value is NaN. Only the bounds of buckets may be infinite.
    if (!Number.isFinite(sample.value)) return [];
    return name === undefined || INTERNAL.test(namespace) || service === NO_SERVICE ? [] : [{ sample, name }];
  });
  const inMilliseconds = metricsInMilliseconds(wire);
  return wire.flatMap(({ sample: { labels, value }, name: { metric, part, unitMs } }) => {
    if (part === 'sum') return [];
    if (part === 'value') return [{ name: metric, labels, value }];
    const scale = unitMs === 'undecided' ? (inMilliseconds.has(metric) ? 1 : 1000) : unitMs;
    return [{ name: metric, labels: { ...labels, le: inMs(labels.le, scale) }, value }];
  });
}

/** Returns the metrics without a unit in their names that have records, and no sum with a fraction. */
function metricsInMilliseconds(wire: readonly WireSample[]): ReadonlySet<string> {
  const named = (test: (one: WireSample) => boolean) => new Set(wire.filter(test).map(({ name }) => name.metric));
  const recorded = named(({ name, sample }) => name.part === 'bucket' && sample.value > 0);
  const fractions = named(({ name, sample }) => name.part === 'sum' && !Number.isInteger(sample.value));
  const whole = named(({ name, sample }) => name.part === 'sum' && Number.isInteger(sample.value));
  return new Set([...whole].filter((metric) => recorded.has(metric) && !fractions.has(metric)));
}

function inMs(bound: string | undefined, scale: number): string {
  return bound === undefined || bound === '+Inf' ? '+Inf' : String(Number((Number(bound) * scale).toPrecision(12)));
}
