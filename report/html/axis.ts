import { clock } from '../../measurement/format/durations';

/** Maps values to shares (0–1) of a chart's width or height. */
export interface Axis {
  readonly toShare: (value: number) => number;
  readonly ticks: readonly { readonly share: number; readonly label: string }[];
}

/** Returns a linear axis from 0 to at least `max`, with round ticks. */
export function linearAxis(max: number, label: (value: number) => string, from = 0): Axis {
  const step = roundStep((max - from || 1) / 4);
  const to = from + step * Math.max(1, Math.ceil((max - from) / step - 1e-9));
  const toShare = (value: number) => (value - from) / (to - from);
  const count = Math.round((to - from) / step);
  const ticks = Array.from({ length: count + 1 }, (_, i) => from + i * step);
  return { toShare, ticks: ticks.map((value) => ({ share: toShare(value), label: label(value) })) };
}

/** Returns a linear axis of a timeline, which ends with its last value. */
export function timeAxis(durationMs: number): Axis {
  const toShare = (ms: number) => (durationMs === 0 ? 0 : ms / durationMs);
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];
  const stepMs = 1000 * (steps.find((seconds) => durationMs / seconds <= 6500) ?? 86_400);
  const ticks = [];
  for (let at = 0; at <= durationMs * 0.97; at += stepMs) ticks.push({ share: toShare(at), label: clock(at) });
  return { toShare, ticks };
}

/** Returns a logarithmic axis that contains all values, which are above 0. */
export function logAxis(values: readonly number[], label: (value: number) => string): Axis {
  const positive = values.filter((value) => value > 0);
  const [min, max] = positive.length === 0 ? [1, 10] : [Math.min(...positive), Math.max(...positive)];
  const steps = [1, 2, 5];
  const exponents = Array.from({ length: 20 }, (_, i) => i - 6);
  const round = exponents.flatMap((exponent) => steps.map((step) => step * 10 ** exponent));
  const low = round.filter((value) => value <= min * 1.0001).at(-1)!;
  const high = round.find((value) => value >= max * 0.9999 && value > low)!;
  const toShare = (value: number) => Math.log(Math.max(value, low) / low) / Math.log(high / low);
  const within = round.filter((value) => value >= low && value <= high);
  const decades = within.filter((value) => Number.isInteger(Math.round(Math.log10(value) * 1e9) / 1e9));
  const shown = within.length <= 6 ? within : decades.length >= 3 ? decades : within.filter((_value, i) => i % 2 === 0);
  return { toShare, ticks: shown.map((value) => ({ share: toShare(value), label: label(value) })) };
}

function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= least * 0.999)!;
}
