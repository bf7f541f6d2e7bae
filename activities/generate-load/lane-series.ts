import {
  mergeSeries,
  packSeries,
  scheduledSeries,
  Series,
  spread,
  thin,
  type PackedSeries,
  type SeriesCount,
  type SeriesPoint,
  type ThinSeries,
} from '../../measurement/account/series';
import { dueTimes, type LaneSchedule } from '../../measurement/load/arrivals';

/** The intervals of a series in a heartbeat, at most: it is sent every second. */
const MAX_POINTS = 100;

/** The time series of one lane of one step, those of its earlier attempts included. Times are milliseconds from the start of the step. */
export class LaneSeries {
  private readonly own: Series;
  private inherited: SeriesPoint[] = [];

  constructor(
    private readonly schedule: LaneSchedule,
    private readonly widthMs: number,
  ) {
    this.own = new Series(widthMs, Number.MAX_SAFE_INTEGER);
  }

  /**
   * Takes over the series of a dead attempt.
   *
   * @param from its last heartbeat's; undefined if an older version sent it
   * @param first the first arrival that fell due since then, and
   * @param next the first that is not due yet
   */
  resume(from: ThinSeries | undefined, first: number, next: number): void {
    this.inherited = mergeSeries([from ? spread(from) : [], this.scheduled(first, next)]);
  }

  count(atMs: number, what: SeriesCount): void {
    this.own.count(this.timelineMs(atMs), what);
  }

  latency(atMs: number, latencyMs: number): void {
    this.own.latency(this.timelineMs(atMs), latencyMs);
  }

  pack(): PackedSeries {
    return packSeries(this.merged());
  }

  /** Returns the series for a heartbeat, in which the arrivals first … next − 1 are scheduled, too. */
  thin(first: number, next: number): ThinSeries {
    return thin(mergeSeries([this.merged(), this.scheduled(first, next)]), MAX_POINTS);
  }

  private merged(): SeriesPoint[] {
    return mergeSeries([this.inherited, this.own.all]);
  }

  private scheduled(first: number, next: number): readonly SeriesPoint[] {
    return scheduledSeries(dueTimes(this.schedule, first, next), this.widthMs);
  }

  private timelineMs(atMs: number): number {
    return this.schedule.line.startMs + atMs;
  }
}
