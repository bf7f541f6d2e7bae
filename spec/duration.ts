/** A duration in text form, e.g. `250ms`, `90s`, `5m` or `1h30m`. The units are ms, s, m, h and d. */
export type Duration = string;

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const PATTERN = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;

/** The pattern that {@link parseDuration} accepts, for the JSON Schema. */
export const DURATION_PATTERN = PATTERN.source;

/** Returns milliseconds, or undefined if the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (!PATTERN.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    ms += Number(amount) * UNITS_MS[unit as keyof typeof UNITS_MS];
  }
  return ms;
}

/** Returns the milliseconds of a text that has been checked already. Throws RangeError if it is not a duration. */
export function durationMs(text: Duration): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new RangeError(`${JSON.stringify(text)} is not a duration`);
  return ms;
}

/** Returns the shortest text for a duration, e.g. `1m30s` for 90000. */
export function formatDuration(ms: number): Duration {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  let restMs = ms;
  let text = '';
  for (const unit of ['h', 'm'] as const) {
    const count = Math.floor(restMs / UNITS_MS[unit]);
    if (count > 0) text += `${count}${unit}`;
    restMs -= count * UNITS_MS[unit];
  }
  const seconds = Math.round(restMs) / 1000;
  return seconds > 0 || text === '' ? `${text}${seconds}s` : text;
}
