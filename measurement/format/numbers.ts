/** Writes a share (0–1) as a percentage, e.g. 0.125 as `12.5 %`. */
export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** Writes a duration given in milliseconds as seconds, e.g. 2500 as `2.5 s`. */
export function seconds(durationMs: number, digits = 1): string {
  return `${(durationMs / 1000).toFixed(digits)} s`;
}

/** Writes a count with its noun, e.g. `1 host` and `2 hosts`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Writes a number with about three significant digits, e.g. 65.727 as `65.7`, 1234.5 as `1235` and 80 as `80`. */
export function readable(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}
