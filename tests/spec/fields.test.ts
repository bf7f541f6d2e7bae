import fc from 'fast-check';
import type { Field } from '../../spec/fields';
import { parseSpec, type SpecInput } from '../../spec/parse';
import { describeProblems } from '../../spec/problems';
import { fieldGroups, fieldNames, flagOf, table, type FieldName } from '../../spec/table';

interface Examples {
  /** Values at the limits of what is valid; the first one shows the type. */
  readonly valid: readonly unknown[];
  /** Values of the same type just beyond the limits. */
  readonly invalid: readonly unknown[];
  /** What the valid values need beside them. */
  readonly needs?: SpecInput;
}

const external = { workload: 'external', externalType: 'order', taskQueue: 'q', namespace: 'n' };
const longRetention = { retention: '720h' };
const name200 = 'n'.repeat(200);

const EXAMPLES: Record<FieldName, Examples> = {
  workload: { valid: ['simple', 'query'], invalid: ['Simple', ''] },
  mix: { valid: ['simple=1,timer=1000'], invalid: ['simple=1', 'simple=0,timer=1'], needs: { workload: 'mix' } },
  activityCount: { valid: [1, 100], invalid: [0, 101, 1.5], needs: { workload: 'local-activities' } },
  activityConcurrency: { valid: [1, 100], invalid: [0, 101, 1.5], needs: { workload: 'multi-activity' } },
  timerDuration: { valid: ['1ms', '1h'], invalid: ['0s', '61m', '5 s'], needs: { workload: 'timer' } },
  childCount: { valid: [1, 100], invalid: [0, 101, 1.5], needs: { workload: 'child-workflow' } },
  messages: { valid: [1, 20], invalid: [0, 21, 1.5], needs: { workload: 'signal' } },
  failures: { valid: [1, 10], invalid: [0, 11, 1.5], needs: { workload: 'retry' } },
  chainLength: { valid: [2, 100], invalid: [1, 101, 2.5], needs: { workload: 'continue-as-new' } },
  payloadSize: {
    valid: ['0B', '1MB', 'uniform:1B-2B', 'exponential:4KB'],
    invalid: ['2MB', '4', 'uniform:2B-1B'],
    needs: { workload: 'payload' },
  },
  idleDuration: { valid: ['1s', '1h'], invalid: ['999ms', '61m'], needs: { workload: 'idle' } },
  externalType: { valid: ['order', name200], invalid: ['', ' order', `${name200}n`], needs: external },
  externalInput: { valid: ['{"id": "{{id}}", "n": {{index}}}'], invalid: ['', '{"id": {{id}}}'], needs: external },
  rate: { valid: [0.001, 100_000], invalid: [0, -1, 100_001, NaN, Infinity], needs: { duration: '1h', rampUp: '0s' } },
  duration: { valid: ['1s', '24h'], invalid: ['999ms', '25h', 'soon'], needs: longRetention },
  rampUp: { valid: ['0s', '23h'], invalid: ['25h', '-1s'], needs: { ...longRetention, duration: '24h' } },
  stages: { valid: [[0.5], [25, 50, 100]], invalid: [[], [0], [100_001], ['5'], Array(51).fill(1)] },
  hold: { valid: ['1s', '24h'], invalid: ['999ms', '25h'], needs: { ...longRetention, stages: [5] } },
  stopOnFail: { valid: [true, false], invalid: [], needs: { stages: [5] } },
  iterations: { valid: [1, 25], invalid: [0, 26, 1.5] },
  warmUp: { valid: [true, false], invalid: [], needs: { iterations: 2 } },
  arrivals: { valid: ['uniform', 'poisson'], invalid: ['random'] },
  seed: { valid: [0, 2 ** 31 - 1], invalid: [-1, 2 ** 31, 0.5] },
  lanes: { valid: [1, 200], invalid: [0, 201, 1.5] },
  connections: { valid: [1, 50], invalid: [0, 51, 1.5] },
  executor: { valid: ['lean', 'sdk'], invalid: ['fat', ''] },
  hosts: { valid: [1, 100], invalid: [0, 101, 1.5], needs: { executor: 'sdk' } },
  hostSlots: { valid: [1, 10_000], invalid: [0, 10_001, 1.5], needs: { executor: 'sdk' } },
  hostPollers: { valid: [2, 1000], invalid: [1, 1001, 2.5], needs: { executor: 'sdk' } },
  taskQueue: { valid: ['q', name200], invalid: ['', ' q', `${name200}n`] },
  generatorOnly: { valid: [true, false], invalid: [], needs: { taskQueue: 'q', namespace: 'n' } },
  namespace: { valid: ['n', 'a.b_c-1'], invalid: ['', '-n', 'a b', 'n'.repeat(256)] },
  deleteNamespace: { valid: [true, false], invalid: [] },
  retention: { valid: ['1h', '720h'], invalid: ['59m', '721h'] },
  targetProfile: { valid: ['staging'], invalid: ['', 'a b', 'p'.repeat(65)] },
  maxP99: { valid: ['1ms', '1h'], invalid: ['0s', '61m'] },
  minThroughput: { valid: [0, 100_000], invalid: [-1, 100_001] },
  maxErrorRate: { valid: [0, 1], invalid: [-0.1, 1.1] },
  abortOnErrorRate: { valid: [0, 1], invalid: [-0.1, 1.1] },
  abortOnP99: { valid: ['1ms', '1h'], invalid: ['0s', '61m'] },
  abortOnBacklogAge: { valid: ['1s', '1h'], invalid: ['999ms', '61m'] },
  abortWindow: { valid: ['2s', '10m'], invalid: ['1s', '11m'], needs: { abortOnP99: '1s' } },
  completionTimeout: { valid: ['1s', '24h'], invalid: ['999ms', '25h'], needs: longRetention },
  maxGap: { valid: [0, 1], invalid: [-0.1, 1.1] },
  stepAttempts: { valid: [1, 5], invalid: [0, 6, 1.5] },
};

function problemsOf(input: SpecInput) {
  const parsed = parseSpec(input);
  return parsed.ok ? [] : parsed.problems;
}

function expectInvalid(field: FieldName, value: unknown) {
  const problems = problemsOf({ [field]: value }).filter((problem) => problem.field === field);
  expect(problems).toEqual([{ field, value, expected: table[field].expected }]);
  expect(describeProblems(problems)).toMatch(new RegExp(`^${field}: .+ is invalid; expected [a-zA-Z0-9].+$`));
}

test.each(fieldNames)('%s accepts the values at its limits and rejects those just beyond', (field) => {
  const { valid, invalid, needs } = EXAMPLES[field];
  for (const value of valid) expect(problemsOf({ ...needs, [field]: value })).toEqual([]);
  for (const value of invalid) expectInvalid(field, value);
});

test('a value of another type is a problem of its field, and nothing throws', () => {
  const typeOf = (value: unknown) => (Array.isArray(value) ? 'array' : typeof value);
  const wrong = fc
    .tuple(fc.constantFrom(...fieldNames), fc.anything())
    .filter(([field, value]) => value !== undefined && typeOf(value) !== typeOf(EXAMPLES[field].valid[0]));
  fc.assert(
    fc.property(wrong, ([field, value]) => expectInvalid(field, value)),
    { numRuns: 500 },
  );
});

test('every default is valid', () => {
  for (const name of fieldNames) {
    const field: Field = table[name];
    const defaults = [field.default, field.embeddedDefault].filter((value) => value !== undefined);
    for (const value of defaults) expect([name, field.schema.safeParse(value).success]).toEqual([name, true]);
  }
});

test('every field has its own flag and belongs to one group', () => {
  const flags = fieldNames.flatMap((name) => [flagOf(name), (table[name] as Field).flagAlias ?? []].flat());
  expect(new Set(flags).size).toBe(flags.length);
  expect(flagOf('maxP99')).toBe('max-p99');
  expect(Object.values(fieldGroups).flat()).toEqual(fieldNames);
});

test('every field has a help text of one line, without a period at its end', () => {
  for (const name of fieldNames) expect(table[name].help).toMatch(/^[A-Z`][^\n]*[^.\n]$/);
});
