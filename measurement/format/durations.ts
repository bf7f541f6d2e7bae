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

function trimmed(value: number): string {
  return readable(value).replace(/\.0+$/, '');
}
