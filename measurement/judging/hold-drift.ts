import { unpackSeries, type PackedSeries } from '../account/series';
import { driftOf, joinFlows, MIN_INTERVALS, type Drift, type Flow } from './drift';

/** More intervals add nothing to the slope, and the time for it grows with their square. */
const MOST_INTERVALS = 120;

/** The observed workflows that were started and ended during a hold, interval by interval. */
export interface HoldFlows {
  readonly widthMs: number;
  readonly flows: readonly Flow[];
}

/**
 * Collects the flows of a hold from the series of all steps: workflows of an earlier step may end during it.
 *
 * @param hold where the hold lies on the timeline, milliseconds
 * @param widthMs width of an interval of the series
 */
export function flowsDuring(
  hold: { readonly startMs: number; readonly durationMs: number },
  series: readonly PackedSeries[],
  widthMs: number,
): HoldFlows {
  const first = Math.ceil(hold.startMs / widthMs);
  const end = Math.floor((hold.startMs + hold.durationMs) / widthMs);
  const flows = Array.from({ length: Math.max(0, end - first) }, () => ({ started: 0, ended: 0 }));
  for (const { index, opened, closed } of series.flatMap(unpackSeries)) {
    const flow = flows[index - first];
    if (flow === undefined) continue;
    flow.started += opened;
    flow.ended += closed;
  }
  const factor = Math.ceil(flows.length / MOST_INTERVALS);
  return factor <= 1 ? { widthMs, flows } : { widthMs: widthMs * factor, flows: joinFlows(flows, factor) };
}

/** Returns for how long at the end of a hold workflows were started and none of them ended, seconds. */
export function silentSeconds({ widthMs, flows }: HoldFlows): number {
  const ended = flows.findLastIndex((flow) => flow.ended > 0);
  const silent = flows.slice(ended + 1);
  return silent.some(({ started }) => started > 0) ? (silent.length * widthMs) / 1000 : 0;
}

/**
 * Tests the flows of a hold for drift.
 *
 * @param observedPerSecond the rate of observed starts: the target rate times the observed share
 * @returns undefined if the hold is too short, or if nothing was observed in it
 */
export function holdDrift({ widthMs, flows }: HoldFlows, observedPerSecond: number): Drift | undefined {
  if (flows.length < MIN_INTERVALS || flows.every(({ started }) => started === 0)) return undefined;
  return driftOf(flows, widthMs, observedPerSecond);
}
