import { BUCKET_COLUMNS } from '../measurement/account/series';
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
    what: 'the histograms of the holds',
    without: (result) => ({ ...result, steps: result.steps.map(({ histogram: _, ...step }) => step) }),
  },
];

/** Returns the result without the parts that do not fit; `dropped` names them. */
export function withinLimit(result: BenchmarkResult): BenchmarkResult {
  return OPTIONAL.reduce((fitting, { what, without }) => {
    if (JSON.stringify(fitting).length <= MAX_LENGTH) return fitting;
    return { ...without(fitting), dropped: [...(fitting.dropped ?? []), what] };
  }, result);
}
