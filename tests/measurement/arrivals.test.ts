import fc from 'fast-check';
import { arrivalsFrom, countArrivals, type LaneSchedule } from '../../measurement/arrivals';
import { layOut } from '../../measurement/profile';
import { judge } from '../../measurement/verdict';

function schedule(
  rate: number,
  seconds: number,
  lane: number,
  lanes: number,
  process: LaneSchedule['process'] = 'uniform',
): LaneSchedule {
  const [line] = layOut([{ durationMs: seconds * 1000, fromRate: rate, toRate: rate }]);
  return { line: line!, process, seed: 7, lineIndex: 0, lane, lanes };
}

test('25/s for 60 s is exactly 1,500 arrivals, whatever the number of lanes', () => {
  for (const lanes of [1, 2, 3, 7, 50]) {
    const counts = Array.from({ length: lanes }, (_, lane) => countArrivals(schedule(25, 60, lane, lanes)));
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(1500);
  }
});

test('P6: lanes of uniform arrivals differ by one arrival at the most', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 20 }),
      (rate, seconds, lanes) => {
        const counts = Array.from({ length: lanes }, (_, lane) => countArrivals(schedule(rate, seconds, lane, lanes)));
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        expect(counts.reduce((sum, n) => sum + n, 0)).toBe(rate * seconds);
      },
    ),
    { numRuns: 100 },
  );
});

test('a cursor started anywhere gives the same due times', () => {
  fc.assert(
    fc.property(fc.constantFrom('uniform', 'poisson'), fc.integer({ min: 0, max: 200 }), (process, from) => {
      const walked = arrivalsFrom(schedule(50, 10, 0, 1, process));
      for (let i = 0; i < from; i += 1) walked.advance();
      expect(arrivalsFrom(schedule(50, 10, 0, 1, process), from).dueMs).toBe(walked.dueMs);
    }),
    { numRuns: 100 },
  );
});

test('P10: failed if and only if a threshold is missed; equality passes', () => {
  const values = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(values, values, values, values, values, values, (a, b, c, d, e, f) => {
      const verdict = judge(
        { maxP99LatencyMs: a, minThroughput: b, maxErrorRate: c },
        { p99LatencyMs: d, throughput: e, errorRate: f },
      );
      expect(verdict.passed).toBe(!(d > a || e < b || f > c));
      expect(verdict.failureReasons.length === 0).toBe(verdict.passed);
    }),
    { numRuns: 200 },
  );
});
