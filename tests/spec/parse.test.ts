import fc from 'fast-check';
import { durationMs, formatDuration, parseDuration } from '../../spec/duration';
import { environmentLayer, fileLayer, flagLayer, embeddedLayer, joinLayers } from '../../spec/layers';
import { describeProblems, parseSpec } from '../../spec/parse';
import { fieldNames, flagOf, table } from '../../spec/table';

function problemsOf(input: unknown) {
  const parsed = parseSpec(input);
  return parsed.ok ? [] : parsed.problems.map((problem) => problem.field);
}

test('a run told nothing has a sensible default for every field', () => {
  const parsed = parseSpec({});
  expect(parsed).toMatchObject({
    ok: true,
    spec: {
      workload: 'simple',
      rate: 100,
      duration: '5m',
      rampUp: '30s',
      lanes: 4,
      arrivals: 'uniform',
      maxErrorRate: 0.01,
    },
  });
  expect(parseSpec(undefined)).toEqual(parsed);
  expect(parseSpec(null)).toEqual(parsed);
});

test('a checked spec is a spec again: the config of a result repeats the run', () => {
  const parsed = parseSpec({ rate: 12.5, duration: '90s', arrivals: 'poisson' });
  expect(parsed.ok && parseSpec(parsed.spec)).toEqual(parsed);
  const staircase = parseSpec({ stages: [1, 2], hold: '10s' });
  expect(staircase.ok && parseSpec(staircase.spec)).toEqual(staircase);
});

test('every problem is reported at once, with its field, its value and what is allowed', () => {
  const parsed = parseSpec({ rate: 'x', duration: '5 minutes', lanes: 1.5, colour: 'red', target_rate: 3 });
  expect(parsed.ok).toBe(false);
  const text = parsed.ok ? '' : describeProblems(parsed.problems);
  expect(text.split('\n')).toHaveLength(5);
  expect(text).toMatch(/^rate: "x" is invalid; expected a number above 0, up to 100000 workflow starts per second$/m);
  expect(text).toMatch(
    /^duration: "5 minutes" is invalid; expected a duration such as 90s or 5m, from 1s to 1d$|from 1s to 24h$/m,
  );
  expect(text).toMatch(/^lanes: 1.5 is invalid; expected a whole number from 1 to 200$/m);
});

test('any wrong value of any field is a problem of that field, and nothing throws', () => {
  fc.assert(
    fc.property(fc.constantFrom(...fieldNames), fc.anything(), (field, value) => {
      const parsed = parseSpec({ [field]: value });
      if (parsed.ok || value === undefined) return;
      // What is right by itself may need another field, which is then the one that is named.
      if (table[field].schema.safeParse(value).success) return;
      expect(parsed.problems.map((problem) => problem.field)).toContain(field);
      expect(describeProblems(parsed.problems)).toMatch(new RegExp(`^${field}: .* is invalid; expected .+`, 'ms'));
    }),
    { numRuns: 300 },
  );
});

test('what is no object is refused', () => {
  expect(problemsOf([])).toEqual(['spec']);
  expect(problemsOf('rate')).toEqual(['spec']);
});

test('the ramp-up lies inside the duration and is shorter', () => {
  expect(problemsOf({ duration: '30s', rampUp: '30s' })).toEqual(['rampUp']);
  expect(problemsOf({ duration: '30s', rampUp: '29s' })).toEqual([]);
});

test('a warm-up needs a second iteration, and a staircase has none', () => {
  expect(problemsOf({ warmUp: true })).toEqual(['warmUp']);
  expect(problemsOf({ warmUp: true, iterations: 2 })).toEqual([]);
  expect(problemsOf({ stages: [5], iterations: 2 })).toEqual(['iterations']);
});

test('a run is shorter than the retention of its namespace', () => {
  expect(problemsOf({ duration: '50m', retention: '1h' })).toEqual(['retention']);
});

test('a staircase has no rate, duration or throughput of its own', () => {
  expect(problemsOf({ stages: [1, 2], rate: 3, duration: '1m', minThroughput: 1 }).sort()).toEqual([
    'duration',
    'minThroughput',
    'rate',
  ]);
  expect(problemsOf({ stages: [1, 2], hold: '10s' })).toEqual([]);
  expect(problemsOf({ hold: '10s' })).toEqual(['hold']);
});

test('R5.1: a flag beats the environment, which beats the file, which beats the default', () => {
  const layers = [
    flagLayer({ rate: '3' }),
    environmentLayer({ BENCHMARK_TARGET_RATE: '2', BENCHMARK_DURATION: '2m' }),
    fileLayer('f.yaml', { rate: 1, duration: '1m', lanes: 9 }),
    embeddedLayer(),
  ];
  const { input, sources } = joinLayers(layers);
  expect(input).toMatchObject({ rate: 3, duration: '2m', lanes: 9 });
  expect(sources).toMatchObject({ rate: '--rate', duration: 'BENCHMARK_DURATION', lanes: 'f.yaml' });
  expect(joinLayers([embeddedLayer()]).input).toMatchObject({ rate: 30, duration: '30s', lanes: 1 });
});

test('every variable of the original sets its field', () => {
  const env = {
    BENCHMARK_WORKFLOW_TYPE: 'simple',
    BENCHMARK_TARGET_RATE: '7',
    BENCHMARK_DURATION: '2m',
    BENCHMARK_RAMP_UP: '9s',
    BENCHMARK_WORKER_COUNT: '3',
    BENCHMARK_MAX_P99_LATENCY: '3s',
    BENCHMARK_MIN_THROUGHPUT: '5',
    BENCHMARK_NAMESPACE: 'mine',
    BENCHMARK_COMPLETION_TIMEOUT: '40s',
    BENCHMARK_ITERATIONS: '3',
    BENCHMARK_ACTIVITY_COUNT: '9',
    BENCHMARK_TIMER_DURATION: '7s',
    BENCHMARK_CHILD_COUNT: '2',
  };
  expect(environmentLayer(env).values).toEqual({
    workload: 'simple',
    rate: 7,
    duration: '2m',
    rampUp: '9s',
    lanes: 3,
    maxP99: '3s',
    minThroughput: 5,
    namespace: 'mine',
    completionTimeout: '40s',
    iterations: 3,
    activityCount: 9,
    timerDuration: '7s',
    childCount: 2,
  });
  expect(environmentLayer({ BENCHMARK_TARGET_RATE: '' }).values).toEqual({});
});

test('a stronger layer that sets one of two alternatives silences the other below it', () => {
  const { input } = joinLayers([flagLayer({ stages: '10,20' }), fileLayer('f.yaml', { rate: 5, duration: '1m' })]);
  expect(input).toEqual({ stages: [10, 20] });
});

test('every field has a flag of its own', () => {
  expect(new Set(fieldNames.map(flagOf)).size).toBe(fieldNames.length);
  expect(flagOf('maxP99')).toBe('max-p99');
});

test('durations: what is formatted reads back as the same time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 86_400_000 }), (ms) => expect(parseDuration(formatDuration(ms))).toBe(ms)),
    { numRuns: 300 },
  );
  expect(parseDuration('1h30m')).toBe(5_400_000);
  expect(parseDuration('0.5s')).toBe(500);
  for (const text of ['', '5', 's', '-5s', '5 s', '1e3s']) expect(parseDuration(text)).toBeUndefined();
  expect(() => durationMs('soon')).toThrow(RangeError);
});

test("workers of one's own are named by their queue and their namespace, and all that is missing is said at once", () => {
  const parsed = parseSpec({ workload: 'external' });
  expect(parsed.ok ? '' : describeProblems(parsed.problems)).toBe(
    [
      'externalType: it is missing; give the workflow type that your workers execute',
      'taskQueue: it is missing; give the task queue that your workers poll',
      'namespace: it is missing; give the existing namespace that your workers are connected to',
    ].join('\n'),
  );
  const input = { workload: 'external', externalType: 'order', taskQueue: 'q', namespace: 'n' };
  expect(parseSpec({ ...input, externalInput: '{"id": "{{id}}", "n": {{index}}}' }).ok).toBe(true);
  expect(parseSpec({ ...input, externalInput: '{"id": {{id}}}' }).ok).toBe(false);
  expect(parseSpec({ externalType: 'order' }).ok).toBe(false);
});
