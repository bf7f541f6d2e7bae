import { parseSpec } from '../../spec/parse';
import { describeProblems, flagName } from '../../spec/problems';
import { fieldNames } from '../../spec/table';

function problemsOf(input: unknown) {
  const parsed = parseSpec(input);
  return parsed.ok ? [] : parsed.problems.map((problem) => problem.field);
}

function messagesOf(input: unknown, sources: Record<string, string> = {}, nameOf?: (field: string) => string) {
  const parsed = parseSpec(input, sources);
  return parsed.ok ? [] : describeProblems(parsed.problems, nameOf).split('\n');
}

test('an empty spec is valid: every field has a default', () => {
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

test.each([
  { rate: 12.5, duration: '90s', arrivals: 'poisson' },
  { stages: [1, 2], hold: '10s' },
])('a parsed spec is a spec again, so the config of a result repeats the run: %j', (input) => {
  const parsed = parseSpec(input);
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  expect(parsed.spec).toMatchObject(input);
  expect(parseSpec(parsed.spec)).toEqual(parsed);
});

test('all problems are reported at once, each with its field, its value and what is expected', () => {
  expect(messagesOf({ rate: 'x', duration: '5 minutes', lanes: 1.5, colour: 'red', ramp_up: '3s' }).sort()).toEqual([
    `colour is not a field of a spec; expected one of ${fieldNames.join(', ')}`,
    'duration: "5 minutes" is invalid; expected a duration such as 90s or 5m, from 1s to 24h',
    'lanes: 1.5 is invalid; expected a whole number from 1 to 200',
    'ramp_up is not a field of a spec; expected rampUp',
    'rate: "x" is invalid; expected a number above 0, up to 100000 workflow starts per second',
  ]);
});

test('a contradiction is reported together with invalid fields, unless it rests on one of them', () => {
  expect(problemsOf({ rate: 'x', warmUp: true })).toEqual(['rate', 'warmUp']);
  expect(problemsOf({ duration: 'x', rampUp: '10m' })).toEqual(['duration']);
});

test('a problem names the flag, the variable or the file that its value came from', () => {
  const input = { rate: -1, hold: '10s', lanes: 0 };
  const sources = { rate: '--rate', lanes: 'BENCHMARK_LANES', hold: 'bench.yaml' };
  expect(messagesOf(input, sources, flagName)).toEqual([
    '--rate: -1 is invalid; expected a number above 0, up to 100000 workflow starts per second',
    'lanes (from BENCHMARK_LANES): 0 is invalid; expected a whole number from 1 to 200',
    'hold (from bench.yaml) requires stages; the length of a run without stages is duration',
  ]);
  expect(messagesOf({ hold: '10s' }, { hold: '--hold' }, flagName)).toEqual([
    '--hold requires --stages; the length of a run without stages is --duration',
  ]);
  expect(messagesOf({ duration: '23h' }, { duration: '--duration' }, flagName)).toEqual([
    '--retention (default): "24h" is invalid; expected more than the longest time that the run can take (46h1m)',
  ]);
});

test('a long value is shortened in the message', () => {
  const [message] = messagesOf({ workload: 'x'.repeat(10_000) });
  expect(message!.length).toBeLessThan(600);
  expect(message).toMatch(/^workload: "x+… is invalid; expected one of simple, /);
});

test.each([[[]], ['rate'], [7]])('%j is not a spec', (input) => {
  expect(messagesOf(input)).toEqual([
    `spec: ${JSON.stringify(input)} is invalid; expected an object with the fields of a spec`,
  ]);
});

test('the names of inherited properties are unknown fields', () => {
  expect(problemsOf({ constructor: 1, toString: 2 })).toEqual(['constructor', 'toString']);
});

test('the ramp-up is shorter than the duration', () => {
  expect(messagesOf({ duration: '30s', rampUp: '30s' })).toEqual([
    'rampUp: "30s" is invalid; expected less than the duration of the run (30s), which includes the ramp-up',
  ]);
  expect(problemsOf({ duration: '30s', rampUp: '29s' })).toEqual([]);
});

test('a warm-up requires a second iteration', () => {
  expect(messagesOf({ warmUp: true })).toEqual([
    'warmUp requires iterations of at least 2: the first one is the warm-up',
  ]);
  expect(problemsOf({ warmUp: true, iterations: 2 })).toEqual([]);
});

test('the retention of a new namespace is longer than the run', () => {
  expect(problemsOf({ duration: '50m', retention: '1h' })).toEqual(['retention']);
  expect(problemsOf({ duration: '50m', retention: '1h', stepAttempts: 1 })).toEqual([]);
  expect(problemsOf({ duration: '24h', namespace: 'n' })).toEqual([]);
});

test('a staircase replaces rate, duration, throughput and iterations', () => {
  const input = { rate: 3, duration: '1m', minThroughput: 1, iterations: 2, warmUp: true };
  expect(messagesOf({ stages: [1, 2], ...input }, {}, flagName)).toEqual([
    '--rate cannot be used with --stages: each hold has its own rate',
    '--duration cannot be used with --stages: use --hold for the duration of each hold',
    '--min-throughput cannot be used with --stages: each hold requires 90 % of its own rate',
    '--iterations cannot be used with --stages: a staircase runs once',
    '--warm-up cannot be used with --stages: a staircase runs once',
  ]);
  expect(problemsOf({ stages: [1, 2], hold: '10s' })).toEqual([]);
});

test('an external workload requires workflow type, task queue and namespace; all that are missing are reported', () => {
  expect(messagesOf({ workload: 'external' }, {}, flagName)).toEqual([
    '--external-type is required: the workflow type that your workers run',
    '--task-queue is required: the task queue that your workers poll',
    '--namespace is required: the existing namespace that your workers use',
  ]);
  const input = { workload: 'external', externalType: 'order', taskQueue: 'q', namespace: 'n' };
  expect(problemsOf(input)).toEqual([]);
  expect(problemsOf({ ...input, workload: 'simple', externalInput: '{}' })).toEqual(['externalType', 'externalInput']);
  expect(messagesOf({ externalType: 'order' }, {}, flagName)).toEqual(['--external-type requires --workload external']);
});

test('a generator without hosts requires the task queue and the namespace of the workers', () => {
  expect(problemsOf({ generatorOnly: true })).toEqual(['taskQueue', 'namespace']);
  expect(problemsOf({ generatorOnly: true, taskQueue: 'q', namespace: 'n' })).toEqual([]);
});

test('the workload mix and the field mix require each other', () => {
  expect(messagesOf({ workload: 'mix' })).toEqual([
    'mix is required: workloads and weights, such as simple=70,timer=30',
  ]);
  expect(messagesOf({ mix: 'simple=1,timer=1' }, {}, flagName)).toEqual(['--mix requires --workload mix']);
  expect(problemsOf({ workload: 'mix', mix: 'simple=1,timer=1' })).toEqual([]);
});

test.each<[object, string]>([
  [{ activityCount: 2 }, 'activityCount requires workload multi-activity or local-activities'],
  [{ workload: 'mix', mix: 'simple=1,signal=1', timerDuration: '2s' }, 'timerDuration requires workload timer'],
  [{ stopOnFail: true }, 'stopOnFail requires stages'],
  [{ abortWindow: '5s' }, 'abortWindow requires abortOnErrorRate, abortOnP99 or abortOnBacklogAge'],
  [
    { namespace: 'n', deleteNamespace: true },
    'deleteNamespace cannot be used with namespace: the run registers no namespace',
  ],
  [{ namespace: 'n', retention: '1h' }, 'retention cannot be used with namespace: the run registers no namespace'],
  [
    { generatorOnly: true, taskQueue: 'q', namespace: 'n', hosts: 2 },
    'hosts cannot be used with your own workers: the run executes no workflows',
  ],
  [{ hostSlots: 5 }, 'hostSlots requires executor sdk'],
  [
    { workload: 'external', externalType: 't', taskQueue: 'q', namespace: 'n', executor: 'sdk' },
    'executor cannot be used with your own workers: the run executes no workflows',
  ],
])('a value that nothing would read is refused: %j', (input, message) => {
  expect(messagesOf(input)).toEqual([message]);
});

test('a value that something reads, or that is the default, is accepted', () => {
  expect(problemsOf({ workload: 'mix', mix: 'simple=1,timer=1', timerDuration: '2s' })).toEqual([]);
  expect(problemsOf({ activityCount: 5, timerDuration: '1s', retention: '24h', namespace: 'n', hosts: 1 })).toEqual([]);
  expect(problemsOf({ executor: 'sdk', hosts: 2, hostSlots: 5, hostPollers: 4 })).toEqual([]);
});

test.each<[object, string]>([
  [{ rate: 0.5, duration: '1s' }, 'duration: "1s" is invalid; expected at least 3s: a hold has no arrival at 0.5/s'],
  [
    { stages: [10, 0.01], hold: '30s' },
    'hold: "30s" is invalid; expected at least 1m40s: a hold has no arrival at 0.01/s',
  ],
])('a hold has at least one arrival: %j', (input, message) => {
  expect(messagesOf(input)).toEqual([message]);
});

test('a name that every object inherits is an unknown field, without a source', () => {
  const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty'];
  for (const name of names) {
    const input = JSON.parse(`{"${name}": 1}`) as object;
    expect(messagesOf(input)).toEqual([expect.stringMatching(`^${name} is not a field of a spec; expected one of `)]);
  }
});

test('the inputs of all lanes fit into one message: refused before the start, with what fits', () => {
  const external = { workload: 'external', externalType: 't', taskQueue: 'q', namespace: 'n' };
  const input = JSON.stringify({ text: 'x'.repeat(90_000) });
  expect(problemsOf({ ...external, externalInput: input, lanes: 1 })).toEqual([]);
  expect(problemsOf({ ...external, externalInput: input, lanes: 23 })).toEqual([]);
  const [message] = messagesOf({ ...external, externalInput: input, lanes: 50 });
  expect(message).toMatch(
    /^externalInput: .{0,60} is invalid; expected at most 41943 bytes with 50 lanes.* at most 23 lanes$/,
  );
  // Quotes are escaped, and other characters have up to four bytes.
  for (const text of ['\\"', 'é', '€', '😀']) {
    const wide = `"${text.repeat(45_000 / text.length)}"`;
    const bytes = Buffer.byteLength(JSON.stringify(wide));
    const most = Math.floor((2 * 1024 * 1024) / bytes);
    expect(problemsOf({ ...external, externalInput: wide, lanes: most })).toEqual([]);
    expect(problemsOf({ ...external, externalInput: wide, lanes: most + 1 })).toEqual(['externalInput']);
  }
});
