/** A duration as people write it: `250ms`, `90s`, `5m`, `1h30m`. Units: ms, s, m, h, d. */
export type Duration = string;

const UNITS_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const PATTERN = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;

/** What {@link parseDuration} takes, for the JSON Schema. */
export const DURATION_PATTERN = PATTERN.source;

/** @returns milliseconds, or undefined where the text is no duration */
export function parseDuration(text: string): number | undefined {
  if (!PATTERN.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    ms += Number(amount) * UNITS_MS[unit as keyof typeof UNITS_MS];
  }
  return ms;
}

/** Like {@link parseDuration}, for text that has been checked before. Throws RangeError otherwise. */
export function durationMs(text: Duration): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new RangeError(`not a duration: ${text}`);
  return ms;
}

/** The shortest way to write it, e.g. 90000 → `1m30s`. */
export function formatDuration(ms: number): Duration {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  let rest = ms;
  let text = '';
  for (const unit of ['h', 'm'] as const) {
    const whole = Math.floor(rest / UNITS_MS[unit]);
    if (whole > 0) text += `${whole}${unit}`;
    rest -= whole * UNITS_MS[unit];
  }
  const seconds = Math.round(rest) / 1000;
  return seconds > 0 || text === '' ? `${text}${seconds}s` : text;
}
