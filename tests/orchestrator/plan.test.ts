import fc from 'fast-check';
import { countArrivals } from '../../measurement/load/arrivals';
import { LIMITS } from '../../measurement/judging/validity';
import {
  maxObservers,
  OBSERVER_LIMIT,
  observeShare,
  planRerun,
  planOf,
  planShifted,
  START_DEADLINE_MS,
  type PlannedStep,
} from '../../orchestrator/plan';
import { runIdOf } from '../../orchestrator/names';
import { specOf } from '../support/facts';

const specs = fc.oneof(
  fc.record({
    rate: fc.integer({ min: 1, max: 1000 }),
    duration: fc.integer({ min: 10, max: 3600 }).map((s) => `${s}s`),
    lanes: fc.integer({ min: 1, max: 50 }),
  }),
  fc.record({
    stages: fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 10 }),
    hold: fc.constant('30s'),
    lanes: fc.integer({ min: 1, max: 50 }),
  }),
);

function arrivalsOf(steps: readonly PlannedStep[], lanes: number): number {
  const count = (line: PlannedStep, lane: number) =>
    countArrivals({ line, lineIndex: line.index, lane, lanes, process: 'uniform', seed: 1 });
  return steps.reduce(
    (sum, step) => sum + Array.from({ length: lanes }, (_, lane) => count(step, lane)).reduce((a, b) => a + b, 0),
    0,
  );
}

test('the plan contains the number of uniform arrivals, exact to one', () => {
  fc.assert(
    fc.property(specs, (input) => {
      const plan = planOf(specOf(input));
      expect(Math.abs(arrivalsOf(plan.steps, plan.lanes) - plan.arrivals)).toBeLessThanOrEqual(1);
    }),
    { numRuns: 100 },
  );
});

test('the steps of a timeline are consecutive, and only holds have thresholds', () => {
  fc.assert(
    fc.property(specs, (input) => {
      const { steps, durationMs } = planOf(specOf(input));
      steps.forEach((step, i) =>
        expect(step.startMs).toBe(i === 0 ? 0 : steps[i - 1]!.startMs + steps[i - 1]!.durationMs),
      );
      expect(steps.at(-1)!.startMs + steps.at(-1)!.durationMs).toBe(durationMs);
      for (const step of steps) expect(step.thresholds !== undefined).toBe(step.kind === 'hold');
    }),
    { numRuns: 100 },
  );
});

test('law 6: the in-flight cap of a lane is at least its peak rate times the deadline of a start', () => {
  fc.assert(
    fc.property(specs, (input) => {
      const { maxInFlightPerLane, peakRate, lanes } = planOf(specOf(input));
      expect(maxInFlightPerLane).toBeGreaterThanOrEqual((peakRate / lanes) * (START_DEADLINE_MS / 1000));
    }),
    { numRuns: 100 },
  );
});

test('generators that execute the workflows observe all completions; otherwise those awaited stay below the observer limit', () => {
  fc.assert(
    fc.property(specs, (input) => {
      expect(planOf(specOf(input)).observeShare).toBe(1);
      const { observeShare, peakRate, steps } = planOf(specOf({ ...input, executor: 'sdk' }));
      const maxP99 = Math.max(...steps.map((step) => step.thresholds?.maxP99LatencyMs ?? 0));
      expect(peakRate * observeShare * (maxP99 / 1000)).toBeLessThanOrEqual(OBSERVER_LIMIT + 1e-6);
    }),
    { numRuns: 100 },
  );
});

test('with any number of lanes, few samples are lost to the maximum of a lane, and all lanes together stay below the server’s limit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), (lanes) => {
      const spec = specOf({ lanes, rate: 1000, executor: 'sdk' });
      const most = maxObservers(spec);
      expect(most * lanes).toBeLessThan(1200);
      // Completions that one lane awaits if every latency is at its threshold; an arrival is lost if it finds `most` others.
      const mean = (1000 * 5 * observeShare(spec, 5000, 1000)) / lanes;
      expect(1 - atMost(most - 1, mean)).toBeLessThan(LIMITS.lostSamplesShare);
    }),
  );
});

/** The probability that a Poisson variable is at most k. */
function atMost(k: number, mean: number): number {
  let term = Math.exp(-mean);
  let sum = term;
  for (let i = 1; i <= k; i += 1) {
    term *= mean / i;
    sum += term;
  }
  return sum;
}

test('a generator that executes its workflows may await as many as are open by design', () => {
  const spec = specOf({ workload: 'timer', timerDuration: '10m', rate: 100, lanes: 1 });
  expect(maxObservers(spec)).toBeGreaterThan(100 * 600);
});

test('a repeated hold follows all planned steps as a new attempt, with the same number of arrivals', () => {
  fc.assert(
    fc.property(specs, (input) => {
      const { steps, lanes } = planOf(specOf(input));
      const hold = steps.find((step) => step.kind === 'hold')!;
      const again = planRerun(steps, hold);
      expect(again.map(({ kind, attempt }) => [kind, attempt])).toEqual([
        ['lead-in', 2],
        ['hold', 2],
      ]);
      expect(again[0]!.startMs).toBe(steps.at(-1)!.startMs + steps.at(-1)!.durationMs);
      expect(again[1]!.name).toBe(hold.name);
      expect(Math.abs(arrivalsOf([again[1]!], lanes) - arrivalsOf([hold], lanes))).toBeLessThanOrEqual(1);
      const all = [...steps, ...again];
      expect(new Set(all.map((step) => `${step.name}/${step.attempt}`)).size).toBe(all.length);
      expect(all.map((step) => step.index)).toEqual(all.map((_, i) => i));
    }),
    { numRuns: 100 },
  );
});

test('a shifted timeline has the same steps in the same order, as new attempts', () => {
  const { steps } = planOf(specOf({ stages: [5, 10, 15], hold: '10s' }));
  const shifted = planShifted(steps, steps.slice(2));
  expect(shifted.map(({ name, attempt, fromRate }) => [name, attempt, fromRate])).toEqual([
    ['3', 2, 10],
    ['4', 2, 15],
  ]);
  expect(shifted[1]!.startMs - shifted[0]!.startMs).toBe(10_000);
});

test('run ids differ between starts of the same workflow id within a minute', () => {
  // The run ids of recent servers begin with the time.
  const [a, b] = ['01a20d1f-0000-7000-8000-0123456789ab', '01a20d1f-0000-7000-8000-0123456789ac'];
  expect(runIdOf('nightly', a!)).not.toBe(runIdOf('nightly', b!));
  expect(runIdOf('My Nightly Run/7', a!)).toBe('my-nightly-run-7-456789ab');
  expect(runIdOf('x'.repeat(90), a!)).toHaveLength(49);
});

test('iterations repeat the profile on one timeline; a warm-up has no thresholds', () => {
  const { steps, arrivals } = planOf(
    specOf({ rate: 10, duration: '20s', rampUp: '4s', iterations: 3, warmUp: true, lanes: 1 }),
  );
  expect(steps.map(({ kind, iteration }) => [kind, iteration])).toEqual([
    ['ramp', 1],
    ['warm-up', 1],
    ['ramp', 2],
    ['hold', 2],
    ['ramp', 3],
    ['hold', 3],
  ]);
  expect(arrivals).toBe(3 * 180);
  expect(steps.map((step) => step.name)).toEqual(['1', '2', '3', '4', '5', '6']);
});
