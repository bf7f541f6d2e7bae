/** Writes a share (0–1) as a percentage, e.g. 0.125 as `12.5 %`. */
export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** Writes a duration given in milliseconds as seconds, e.g. 2500 as `2.5 s`. */
export function seconds(durationMs: number, digits = 1): string {
  return `${(durationMs / 1000).toFixed(digits)} s`;
}
