// Proves the drift test and the capacity search against simulated clusters whose capacity is known.
// `npm run simulate -- 1000` plays 1,000 holds and 1,000 searches and prints their figures as JSON.
import { capacityInterval } from '../../measurement/capacity/interval';
import type { SearchPlan } from '../../measurement/capacity/search';
import { drawCluster, search, trueCapacity } from './cluster';
import { detected, falseAlarms } from './holds';

const MAX_P99_MS = 5000;
const plan: SearchPlan = {
  goals: [{ name: 'p99=5s', maxP99Ms: MAX_P99_MS }],
  fromRate: 10,
  maxRate: 2000,
  precision: 0.05,
  waitingSeconds: 0,
};

function playSearches(count: number) {
  return Array.from({ length: count }, (_, i) => {
    const cluster = drawCluster(i + 1);
    const truth = trueCapacity(cluster, MAX_P99_MS);
    const { states, trials, seconds } = search(cluster, plan);
    const interval = capacityInterval(trials, 0);
    return {
      found: states[0]!.end === 'found',
      ratio: (states[0]!.bracket.good?.rate ?? 0) / truth,
      covered: interval && interval.low <= truth && truth <= interval.high,
      minutes: seconds / 60,
    };
  });
}

const count = Number(process.argv[2] ?? 1000);
const searches = playSearches(count);
const share = (values: readonly boolean[]) => values.filter(Boolean).length / values.length;
const quantile = (values: readonly number[], q: number) =>
  Number([...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))]!.toFixed(3));
const ratios = searches.map(({ ratio }) => ratio);
const minutes = searches.map((one) => one.minutes);
const covered = searches.flatMap((one) => (one.covered === undefined ? [] : [one.covered]));

process.stdout.write(
  `${JSON.stringify(
    {
      drift: {
        holds: count,
        falseAlarms: falseAlarms(count),
        found5PercentIn60s: detected(Math.ceil(count / 10), 0.05, 60),
        found10PercentIn60s: detected(Math.ceil(count / 10), 0.1, 60),
      },
      search: {
        searches: count,
        found: share(searches.map(({ found }) => found)),
        lowerBoundAtMost102Percent: share(ratios.map((ratio) => ratio <= 1.02)),
        lowerBoundAtLeast90Percent: share(ratios.map((ratio) => ratio >= 0.9)),
        intervals: covered.length,
        intervalCovers: share(covered),
        lowerBoundOverTruth: { p5: quantile(ratios, 0.05), median: quantile(ratios, 0.5), p95: quantile(ratios, 0.95) },
        minutes: { median: quantile(minutes, 0.5), p90: quantile(minutes, 0.9) },
      },
    },
    null,
    2,
  )}\n`,
);
