import { readable } from './numbers';

/** Writes milliseconds with about three significant digits, e.g. 65.727 as `65.7 ms` and 6386 as `6.39 s`. */
export function readableMs(ms: number): string {
  return Math.abs(ms) < 1000 ? `${readable(ms)} ms` : `${trimmed(ms / 1000)} s`;
}

/** Writes milliseconds as {@link readableMs} does, without zeros after the point, e.g. `10 ms`: for the ticks of an axis. */
export function shortMs(ms: number): string {
  return readableMs(ms).replace(/\.0+(?= )/, '');
}

/** Writes a rate per second with about three significant digits, e.g. 19.983 as `20.0/s`. */
export function readableRate(perSecond: number): string {
  return `${readable(perSecond)}/s`;
}

/** Writes a time as minutes and seconds, e.g. `1:30`, or as hours and minutes, e.g. `1 h 05`. */
export function clock(ms: number): string {
  const total = Math.round(ms / 1000);
  const pad = (value: number) => String(value).padStart(2, '0');
  if (total < 3600) return `${Math.floor(total / 60)}:${pad(total % 60)}`;
  return `${Math.floor(total / 3600)} h ${pad(Math.floor((total % 3600) / 60))}`;
}

function trimmed(value: number): string {
  return readable(value).replace(/\.0+$/, '');
}
