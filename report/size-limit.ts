import { BUCKET_COLUMNS, sumOfRows } from '../measurement/account/series';
import type { BenchmarkResult } from './result-schema';

/** A result of this length fits into the result of a workflow, which is at most 256 KB, also if some texts are not ASCII. */
const MAX_LENGTH = 240 * 1024;

/** What a result leaves out if it would be too long, in this order. */
const OPTIONAL: readonly { readonly what: string; readonly without: (result: BenchmarkResult) => BenchmarkResult }[] = [
  {
    what: 'the distribution of the latency over time',
    without: ({ series, ...result }) => {
      const columns = series.columns.filter((name) => !BUCKET_COLUMNS.includes(name));
      return {
        ...result,
        series: { ...series, columns, points: series.points.map((row) => row.slice(0, columns.length)) },
      };
    },
  },
  {
    what: 'the readings of the server over time',
    without: ({ serverSeries: _, ...result }) => result,
  },
  {
    what: 'the histograms of the holds',
    without: (result) => ({ ...result, steps: result.steps.map(({ histogram: _, ...step }) => step) }),
  },
  {
    what: 'half of the intervals of the series: each is joined with its neighbor',
    without: ({ series, ...result }) => ({ ...result, series: withWiderIntervals(series) }),
  },
];

/** Returns the result without the parts that do not fit; `dropped` names them. */
export function withinLimit(result: BenchmarkResult): BenchmarkResult {
  return OPTIONAL.reduce((fitting, { what, without }) => {
    if (JSON.stringify(fitting).length <= MAX_LENGTH) return fitting;
    return { ...without(fitting), dropped: [...(fitting.dropped ?? []), what] };
  }, result);
}

function withWiderIntervals({ widthMs, columns, points }: BenchmarkResult['series']): BenchmarkResult['series'] {
  const index = columns.indexOf('index');
  const joined = new Map<number, number[]>();
  for (const point of points) {
    const at = Math.floor(point[index]! / 2);
    const row = point.map((value, i) => (i === index ? at : value));
    const before = joined.get(at);
    joined.set(at, before ? sumOfRows(before, row, columns) : row);
  }
  return { widthMs: 2 * widthMs, columns, points: [...joined.values()] };
}
