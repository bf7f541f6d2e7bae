// Proves the test of `benchmark compare` against simulated iterations whose slowdown is known.
// `node dist/scripts/simulation/comparisons.js 1000` plays 1,000 comparisons of each kind and prints their verdicts as JSON.
import { generator, type Sample } from '../../measurement/comparing/bootstrap';
import { judgeMetrics, type MetricSamples } from '../../measurement/comparing/judge-metrics';

const STARTS = 3000;
const BLOCKS = 3;
/** Standard deviations of the logarithm: of a request, of a block of 10 s, and of an iteration. */
const NOISE = { request: 0.4, block: 0.01, iteration: 0.015 };
const TOLERANCE = 0.05;

const plain = (value: number): Sample => ({ value, redrawn: [] });

/** Plays one iteration whose latencies are `slowdown` times those of another. */
function playIteration(slowdown: number, random: () => number) {
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const level = Math.log(40 * slowdown) + NOISE.iteration * normal();
  const latencies: number[] = [];
  for (let block = 0; block < BLOCKS; block += 1) {
    const blockLevel = level + NOISE.block * normal();
    for (let i = 0; i < STARTS / BLOCKS; i += 1) latencies.push(Math.exp(blockLevel + NOISE.request * normal()));
  }
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(share * STARTS)]!;
  return { p50: at(0.5), p99: at(0.99), throughput: 100 + 0.05 * normal(), errorRate: random() < 0.5 ? 0 : 1e-4 };
}

function play(slowdown: number, iterations: number, seed: number) {
  const random = generator(seed);
  const side = (factor: number) => Array.from({ length: iterations }, () => playIteration(factor, random));
  const [base, changed] = [side(1), side(slowdown)];
  const metric = (
    name: 'p50' | 'p99' | 'throughput' | 'errorRate',
    about: Pick<MetricSamples, 'scale' | 'betterWhen' | 'tolerance'>,
  ): MetricSamples => ({
    ...about,
    name,
    decides: true,
    base: base.map((one) => plain(one[name])),
    changed: changed.map((one) => plain(one[name])),
  });
  return judgeMetrics([
    metric('p50', { scale: 'ratio', betterWhen: 'lower', tolerance: TOLERANCE }),
    metric('p99', { scale: 'ratio', betterWhen: 'lower', tolerance: TOLERANCE }),
    metric('throughput', { scale: 'ratio', betterWhen: 'higher', tolerance: TOLERANCE }),
    metric('errorRate', { scale: 'difference', betterWhen: 'lower', tolerance: 0.005 }),
  ]);
}

const count = Number(process.argv[2] ?? 1000);
const iterations = Number(process.argv[3] ?? 5);

/** Plays comparisons and returns how many had each verdict, and how many intervals of the p99 cover the slowdown. */
function playAll(slowdown: number, firstSeed: number) {
  const all = Array.from({ length: count }, (_, i) => play(slowdown, iterations, firstSeed + i));
  const having = (kind: string) => all.filter((metrics) => metrics.some(({ verdict }) => verdict.kind === kind)).length;
  const p99s = all.map((metrics) => metrics[1]!);
  const covers = p99s.filter(({ interval: i }) => i!.low <= slowdown - 1 && slowdown - 1 <= i!.high).length;
  return { worse: having('worse'), better: having('better'), tooFew: having('too few iterations'), covers };
}

process.stdout.write(
  `${JSON.stringify({
    comparisons: count,
    iterations,
    same: playAll(1, 1),
    slower3Percent: playAll(1.03, 1_000_001),
    slower10Percent: playAll(1.1, 2_000_001),
  })}\n`,
);
