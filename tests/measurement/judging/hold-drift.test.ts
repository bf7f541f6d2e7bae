import { packSeries, type SeriesPoint } from '../../../measurement/account/series';
import { flowsDuring, holdDrift, silentSeconds } from '../../../measurement/judging/hold-drift';

const point = (index: number, change: Partial<SeriesPoint>): SeriesPoint => ({
  index,
  scheduled: 0,
  acknowledged: 0,
  rejected: 0,
  skipped: 0,
  completed: 0,
  failed: 0,
  latencySumMs: 0,
  latencyMaxMs: 0,
  opened: 0,
  closed: 0,
  buckets: [],
  ...change,
});
const series = (count: number, of: (index: number) => Partial<SeriesPoint>) =>
  packSeries(Array.from({ length: count }, (_, index) => point(index, of(index))));

test('flows of a hold are those of its whole intervals, whichever step started the workflows', () => {
  const ramp = series(12, (index) => ({ opened: index < 10 ? 1 : 0, closed: 1 }));
  const hold = series(40, (index) => ({ opened: index >= 10 && index < 30 ? 5 : 0, closed: index >= 12 ? 5 : 0 }));
  const { widthMs, flows } = flowsDuring({ startMs: 10_000, durationMs: 20_000 }, [ramp, hold], 1000);
  expect([widthMs, flows.length]).toEqual([1000, 20]);
  expect(flows[0]).toEqual({ started: 5, ended: 1 });
  expect(flows[2]).toEqual({ started: 5, ended: 5 });
});

test('a long hold is joined to at most 120 intervals, and its drift stays the same', () => {
  const long = series(600, () => ({ opened: 100, closed: 95 }));
  const { widthMs, flows } = flowsDuring({ startMs: 0, durationMs: 600_000 }, [long], 1000);
  expect([widthMs, flows.length]).toEqual([5000, 120]);
  expect(holdDrift({ widthMs, flows }, 100)).toMatchObject({ perSecond: 5, limitPerSecond: 1, sustainable: false });
});

test('a hold in which nothing was observed, or that is too short, has no drift', () => {
  const nothing = flowsDuring({ startMs: 0, durationMs: 60_000 }, [], 1000);
  expect(holdDrift(nothing, 100)).toBeUndefined();
  const short = flowsDuring({ startMs: 0, durationMs: 9000 }, [series(9, () => ({ opened: 9 }))], 1000);
  expect(holdDrift(short, 9)).toBeUndefined();
});

test('the end of a hold is silent while workflows are started and none ends', () => {
  const flow = (started: number, ended: number) => ({ started, ended });
  const busy = flow(20, 20);
  const silent = flow(20, 0);
  expect(silentSeconds({ widthMs: 2000, flows: [busy, silent, busy, silent, silent, silent] })).toBe(6);
  expect(silentSeconds({ widthMs: 1000, flows: [silent, silent, flow(20, 1)] })).toBe(0);
  // A server that answers nothing starts nothing.
  expect(silentSeconds({ widthMs: 1000, flows: [busy, flow(0, 0), flow(0, 0)] })).toBe(0);
  expect(silentSeconds({ widthMs: 1000, flows: [] })).toBe(0);
});
