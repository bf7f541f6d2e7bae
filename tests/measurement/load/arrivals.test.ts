import fc from 'fast-check';
import { arrivalsFrom, countArrivals, firstDueAt, type LaneSchedule } from '../../../measurement/load/arrivals';
import { layOut, type RateSegment } from '../../../measurement/load/profile';

function scheduleOf(line: LaneSchedule['line'], lane = 0, lanes = 1, process: LaneSchedule['process'] = 'uniform') {
  return { line, process, seed: 7, lineIndex: 0, lane, lanes };
}

function hold(rate: number, seconds: number) {
  return layOut([{ durationMs: seconds * 1000, fromRate: rate, toRate: rate }])[0]!;
}

function dueTimes(schedule: LaneSchedule): number[] {
  const times: number[] = [];
  for (const cursor = arrivalsFrom(schedule); cursor.dueMs !== Infinity; cursor.advance()) times.push(cursor.dueMs);
  return times;
}

const rates = fc.double({ min: 0.5, max: 400, noNaN: true });
const segment: fc.Arbitrary<RateSegment> = fc.record({
  durationMs: fc.integer({ min: 1000, max: 30_000 }),
  fromRate: rates,
  toRate: rates,
});

test('25/s for 60 s gives exactly 1,500 arrivals, whatever the number of lanes', () => {
  for (const lanes of [1, 2, 3, 7, 50]) {
    const counts = Array.from({ length: lanes }, (_, lane) => countArrivals(scheduleOf(hold(25, 60), lane, lanes)));
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(1500);
  }
});

test('P3: the number of arrivals of a hold is exactly its rate times its duration', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 60 }), (rate, seconds) => {
      expect(countArrivals(scheduleOf(hold(rate, seconds)))).toBe(rate * seconds);
    }),
    { numRuns: 100 },
  );
});

test('P4: from the first arrival to the last, a hold takes its planned duration, within 5 %', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 200 }), fc.integer({ min: 4, max: 60 }), (rate, seconds) => {
      const times = dueTimes(scheduleOf(hold(rate, seconds)));
      const lastedMs = times.at(-1)! - times[0]! + 1000 / rate;
      expect(Math.abs(lastedMs - seconds * 1000)).toBeLessThanOrEqual(0.05 * seconds * 1000);
    }),
    { numRuns: 100 },
  );
});

test('P5: during a ramp-up the gaps between arrivals never grow', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 300, noNaN: true }),
      fc.integer({ min: 1000, max: 60_000 }),
      (toRate, durationMs) => {
        const [line] = layOut([{ durationMs, fromRate: 0, toRate }]);
        const times = dueTimes(scheduleOf(line!));
        const gaps = times.slice(1).map((time, i) => time - times[i]!);
        gaps.slice(1).forEach((gap, i) => expect(gap).toBeLessThanOrEqual(gaps[i]! + 1e-6));
      },
    ),
    { numRuns: 100 },
  );
});

test('P6: with uniform arrivals, lanes differ by at most one arrival', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 20 }),
      (rate, seconds, lanes) => {
        const counts = Array.from({ length: lanes }, (_, lane) =>
          countArrivals(scheduleOf(hold(rate, seconds), lane, lanes)),
        );
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        expect(counts.reduce((sum, n) => sum + n, 0)).toBe(rate * seconds);
      },
    ),
    { numRuns: 100 },
  );
});

test('no arrival is lost or duplicated between the lines of a profile', () => {
  fc.assert(
    fc.property(
      fc.array(segment, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 5 }),
      (segments, lanes) => {
        const lines = layOut(segments);
        const last = lines.at(-1)!;
        const whole = last.arrivalsBefore + ((last.fromRate + last.toRate) / 2) * (last.durationMs / 1000);
        const counted = lines.reduce(
          (sum, line) =>
            sum +
            Array.from({ length: lanes }, (_, lane) => countArrivals(scheduleOf(line, lane, lanes))).reduce(
              (a, b) => a + b,
              0,
            ),
          0,
        );
        // Arrival i is due when the integral reaches i + ½, so the count is the rounded integral.
        expect(Math.abs(counted - whole)).toBeLessThanOrEqual(0.5 + 1e-6);
      },
    ),
    { numRuns: 100 },
  );
});

test('due times lie on their line and never decrease', () => {
  fc.assert(
    fc.property(
      segment,
      fc.constantFrom('uniform' as const, 'poisson' as const),
      fc.integer({ min: 0, max: 2 }),
      (one, process, lane) => {
        const times = dueTimes(scheduleOf(layOut([one])[0]!, lane, 3, process));
        times.forEach((time, i) => {
          expect(time).toBeGreaterThanOrEqual(i === 0 ? 0 : times[i - 1]!);
          expect(time).toBeLessThanOrEqual(one.durationMs);
        });
      },
    ),
    { numRuns: 100 },
  );
});

test('a cursor that starts anywhere gives the same due times', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('uniform' as const, 'poisson' as const),
      fc.integer({ min: 0, max: 200 }),
      (process, from) => {
        const walked = arrivalsFrom(scheduleOf(hold(50, 10), 0, 1, process));
        for (let i = 0; i < from; i += 1) walked.advance();
        expect(arrivalsFrom(scheduleOf(hold(50, 10), 0, 1, process), from).dueMs).toBe(walked.dueMs);
      },
    ),
    { numRuns: 100 },
  );
});

test('Poisson lanes together have the whole rate and exponential gaps', () => {
  const all = Array.from({ length: 4 }, (_, lane) => dueTimes(scheduleOf(hold(200, 60), lane, 4, 'poisson')));
  const times = all.flat().sort((a, b) => a - b);
  // 12,000 expected: four standard deviations of a Poisson count are 438.
  expect(Math.abs(times.length - 12_000)).toBeLessThan(438);
  const gaps = times.slice(1).map((time, i) => time - times[i]!);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  // An exponential distribution's standard deviation is its mean.
  expect(Math.sqrt(variance) / mean).toBeGreaterThan(0.95);
  expect(Math.sqrt(variance) / mean).toBeLessThan(1.05);
});

test('the first arrival at or after a time is the one that a cursor reaches', () => {
  const process = fc.constantFrom('uniform' as const, 'poisson' as const);
  fc.assert(
    fc.property(
      segment,
      process,
      fc.integer({ min: 1, max: 5 }),
      fc.double({ min: -0.5, max: 1.5, noNaN: true }),
      (one, kind, lanes, share) => {
        const schedule = scheduleOf(layOut([one])[0]!, lanes - 1, lanes, kind);
        const times = dueTimes(schedule);
        for (const atMs of [share * one.durationMs, times[Math.floor(Math.abs(share) * times.length)] ?? Infinity]) {
          const expected = times.findIndex((dueMs) => dueMs >= atMs);
          expect(firstDueAt(schedule, atMs)).toBe(expected === -1 ? times.length : expected);
        }
      },
    ),
    { numRuns: 25 },
  );
});

test('the first arrival after five hours of 1,000/s is found without a walk through all of them', () => {
  const started = performance.now();
  for (let i = 0; i < 100; i += 1) expect(firstDueAt(scheduleOf(hold(1000, 20_000)), 18_000_000)).toBe(18_000_000);
  expect(performance.now() - started).toBeLessThan(1000);
});
