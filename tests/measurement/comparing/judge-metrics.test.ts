import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fewestIterations, judgeMetrics, type MetricSamples } from '../../../measurement/comparing/judge-metrics';

const samples = (values: readonly number[]) => values.map((value) => ({ value, redrawn: [] }));

function metric(base: readonly number[], changed: readonly number[], more: Partial<MetricSamples> = {}): MetricSamples {
  return {
    name: 'p99 latency',
    scale: 'ratio',
    betterWhen: 'lower',
    decides: true,
    base: samples(base),
    changed: samples(changed),
    tolerance: 0.05,
    ...more,
  };
}

const judge = (one: MetricSamples) => judgeMetrics([one])[0]!;
const BASE = [100, 101, 99, 100.5, 99.5];
const times = (factor: number, values: readonly number[] = BASE) => values.map((value) => value * factor);

test('a slowdown of 20 % is worse, a speed-up is better, and for a rate it is the other way around', () => {
  expect(judge(metric(BASE, times(1.2)))).toMatchObject({
    verdict: { kind: 'worse' },
    effect: expect.closeTo(0.2, 9) as number,
  });
  expect(judge(metric(BASE, times(0.8))).verdict.kind).toBe('better');
  expect(judge(metric(BASE, times(0.8), { betterWhen: 'higher' })).verdict.kind).toBe('worse');
  expect(judge(metric([0, 0, 0, 0, 0], [0.02, 0.03, 0.02, 0.03, 0.025], { scale: 'difference' })).verdict.kind).toBe(
    'no difference',
  );
  expect(judge(metric([0, 0, 0, 0, 0], [0.2, 0.3, 0.2, 0.3, 0.25], { scale: 'difference' })).verdict.kind).toBe(
    'worse',
  );
});

test('the interval contains the effect, is that of the mirrored sides mirrored, and is the same in each computation', () => {
  const there = judge(metric(BASE, times(1.03)));
  expect(there.interval!.low).toBeLessThanOrEqual(there.effect);
  expect(there.interval!.high).toBeGreaterThanOrEqual(there.effect);
  expect(judge(metric(BASE, times(1.03)))).toEqual(there);
  const back = judge(metric(times(1.03), BASE));
  expect(Math.log(1 + back.interval!.low)).toBeCloseTo(-Math.log(1 + there.interval!.high), 2);
});

test('a significant change below the tolerance is no difference beyond the end of its interval', () => {
  const { verdict, p, interval } = judge(metric(BASE, times(1.03)));
  expect(p).toBeLessThan(0.05);
  expect(interval!.low).toBeGreaterThan(0);
  expect(verdict).toEqual({ kind: 'no difference', beyond: interval!.high });
});

test('noise is neither worse nor better: too few iterations, and more are needed than there are', () => {
  const noisy = [100, 130, 80, 115, 90];
  const { verdict } = judge(metric(noisy, [105, 125, 85, 119, 95]));
  expect(verdict).toEqual({ kind: 'too few iterations', needed: expect.any(Number) as number });
  expect((verdict as { needed: number }).needed).toBeGreaterThan(100);
});

test('with fewer iterations than a test could ever reject with, nothing is claimed, however large the change', () => {
  expect([1, 2, 4].map(fewestIterations)).toEqual([4, 5, 5]);
  for (const n of [1, 2, 3]) {
    const few = judge(metric(BASE.slice(0, n), times(3, BASE.slice(0, n))));
    expect(few.verdict.kind).toBe('too few iterations');
    expect((few.verdict as { needed: number }).needed).toBeGreaterThanOrEqual(4);
    expect(few.interval === null).toBe(n === 1);
    expect(judge(metric(BASE.slice(0, n), BASE.slice(0, n))).verdict.kind).toBe('too few iterations');
  }
});

test("the blocks of an iteration widen the interval, and each deciding metric raises the others' p-values", () => {
  const redrawn = (values: readonly number[]) =>
    values.map((value) => ({ value, redrawn: [value * 0.9, value * 1.1] }));
  const width = (one: MetricSamples) => judge(one).interval!.high - judge(one).interval!.low;
  const wide = { ...metric(BASE, BASE), base: redrawn(BASE), changed: redrawn(BASE) };
  expect(width(wide)).toBeGreaterThan(2 * width(metric(BASE, BASE)));
  const changed = metric(BASE, times(1.2));
  const [alone] = judgeMetrics([changed]);
  const [first, shown] = judgeMetrics([changed, metric(BASE, times(2), { decides: false }), metric(BASE, BASE)]);
  expect(alone!.p).toBeCloseTo(2 / 252, 9);
  expect(first!.p).toBeCloseTo(4 / 252, 9);
  expect(shown!.p).toBeCloseTo(2 / 252, 9);
});

test('of 20 comparisons of the same load at most 1 has a change, a slowdown of 10 % is found, and 3 % is never faster', () => {
  // Compiled code: numeric loops are many times slower inside a test environment.
  const script = join(__dirname, '..', '..', '..', 'dist', 'scripts', 'simulation', 'comparisons.js');
  type Counts = Record<'worse' | 'better' | 'tooFew' | 'covers', number>;
  const { same, slower3Percent, slower10Percent } = JSON.parse(
    execFileSync(process.execPath, [script, '20'], { encoding: 'utf8' }),
  ) as Record<'same' | 'slower3Percent' | 'slower10Percent', Counts>;
  expect(same.worse + same.better).toBeLessThanOrEqual(1);
  expect(slower10Percent.worse).toBeGreaterThanOrEqual(18);
  expect(slower10Percent.better + slower3Percent.better).toBe(0);
  expect(slower3Percent.worse).toBeLessThanOrEqual(3);
  expect(Math.min(same.covers, slower3Percent.covers, slower10Percent.covers)).toBeGreaterThanOrEqual(17);
}, 60_000);
