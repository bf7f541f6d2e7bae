import { z } from 'zod';
import { durationMs, parseDuration } from './duration';
import { duration, number, text, type Field, type FieldOptions } from './fields';
import { MAX_RATE } from './load-fields';

/** A limit of a search, e.g. `p99=500ms`. */
const SLO = /^p99=(.+)$/;
const SLO_MS = { min: 1, max: 3_600_000 } as const;
const PERCENT = /^(\d+(?:\.\d+)?) ?%$/;
const PRECISION = { min: 0.01, max: 0.2 } as const;
const LABEL = /^[A-Za-z][A-Za-z0-9._-]{0,39}=\S[^\n]{0,99}$/;
const MAX_LIST = 8;

/** A list of texts; a flag is repeated, or separates them with commas. */
function texts<const O extends FieldOptions<readonly string[]>>(
  options: O & { isValid: (value: string) => boolean; expected: string },
): O & Field<z.ZodArray<z.ZodString>> {
  return {
    ...options,
    schema: z.array(z.string().refine(options.isValid)).min(1).max(MAX_LIST),
    fromText: (list) => list.split(',').map((item) => item.trim()),
  };
}

/** The fields that only a capacity search has, next to those of a run. Their flags have the same names in kebab case. */
export const searchFields = {
  slo: texts({
    isValid: (value) => sloMs(value) !== undefined,
    expected: `1 to ${MAX_LIST} limits of the p99 latency such as p99=500ms, from p99=1ms to p99=1h`,
    help: 'Limit of the p99 latency that a rate must meet, beyond what the workload itself waits; repeat the flag for several limits in one search',
    default: ['p99=5s'],
  }),
  precision: text({
    pattern: PERCENT,
    isValid: (value) => {
      const share = precisionOf(value);
      return share >= PRECISION.min && share <= PRECISION.max;
    },
    expected: 'a percentage from 1% to 20%',
    help: 'Distance between the highest rate that holds and the lowest that does not, at most',
    default: '5%',
  }),
  from: number({
    min: 0.5,
    max: MAX_RATE,
    unit: 'workflow starts per second',
    help: 'First rate to try; it is doubled until a rate does not hold',
    default: 10,
  }),
  maxRate: number({
    min: 0.5,
    max: MAX_RATE,
    unit: 'workflow starts per second',
    help: 'Highest rate to try',
    default: 2000,
  }),
  maxDuration: duration({
    min: '1m',
    max: '6h',
    help: 'Longest duration of the search; it then reports the bracket that it has found',
    default: '15m',
    embeddedDefault: '7m30s',
  }),
  label: texts({
    isValid: (value) => LABEL.test(value),
    expected: `1 to ${MAX_LIST} labels such as shards=512`,
    help: 'Label for the result that names what was different about the cluster; repeat the flag for several labels',
    defaultNote: 'none',
  }),
} as const;

export type SearchFieldName = keyof typeof searchFields;
export const searchFieldNames = Object.keys(searchFields) as SearchFieldName[];

/** Reports whether a capacity search has a field of this name that a run does not have. */
export function isSearchField(name: string): name is SearchFieldName {
  return Object.hasOwn(searchFields, name);
}

/** Returns the limit in a text such as `p99=500ms`, milliseconds; undefined if the text is not a limit. */
export function sloMs(slo: string): number | undefined {
  const limit = SLO.exec(slo)?.[1];
  const ms = limit === undefined ? undefined : parseDuration(limit);
  return ms === undefined || ms < SLO_MS.min || ms > SLO_MS.max ? undefined : durationMs(limit!);
}

/** Returns a percentage such as `5%` as a share, 0–1; NaN if the text is not a percentage. */
export function precisionOf(text: string): number {
  return Number(PERCENT.exec(text)?.[1] ?? NaN) / 100;
}
