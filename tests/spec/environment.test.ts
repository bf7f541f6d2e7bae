import { planOf } from '../../orchestrator/plan';
import type { Field } from '../../spec/fields';
import { environmentLayer } from '../../spec/layers';
import { parseSpec, type BenchmarkSpec } from '../../spec/parse';
import { fieldNames, table, type FieldName } from '../../spec/table';

interface Variable {
  readonly variable: string;
  readonly field: FieldName;
  readonly text: string;
  readonly value: unknown;
  readonly byDefault: unknown;
  /** How a run comes to its default if the spec itself has none. */
  readonly effective?: (spec: BenchmarkSpec) => unknown;
}

const thresholds = (spec: BenchmarkSpec) => planOf(spec).steps.find(({ kind }) => kind === 'hold')!.thresholds!;

const VARIABLES: readonly Variable[] = [
  { variable: 'BENCHMARK_WORKFLOW_TYPE', field: 'workload', text: 'timer', value: 'timer', byDefault: 'simple' },
  { variable: 'BENCHMARK_ACTIVITY_COUNT', field: 'activityCount', text: '9', value: 9, byDefault: 5 },
  { variable: 'BENCHMARK_TIMER_DURATION', field: 'timerDuration', text: '7s', value: '7s', byDefault: '1s' },
  { variable: 'BENCHMARK_CHILD_COUNT', field: 'childCount', text: '2', value: 2, byDefault: 3 },
  { variable: 'BENCHMARK_TARGET_RATE', field: 'rate', text: '7.5', value: 7.5, byDefault: 100 },
  { variable: 'BENCHMARK_DURATION', field: 'duration', text: '2m', value: '2m', byDefault: '5m' },
  { variable: 'BENCHMARK_RAMP_UP', field: 'rampUp', text: '9s', value: '9s', byDefault: '30s' },
  { variable: 'BENCHMARK_LANES', field: 'lanes', text: '3', value: 3, byDefault: 4 },
  { variable: 'BENCHMARK_WORKER_COUNT', field: 'lanes', text: '3', value: 3, byDefault: 4 },
  { variable: 'BENCHMARK_ITERATIONS', field: 'iterations', text: '3', value: 3, byDefault: 1 },
  {
    variable: 'BENCHMARK_MAX_P99_LATENCY',
    field: 'maxP99',
    text: '3s',
    value: '3s',
    byDefault: 5000,
    effective: (spec) => thresholds(spec).maxP99LatencyMs,
  },
  {
    variable: 'BENCHMARK_MIN_THROUGHPUT',
    field: 'minThroughput',
    text: '50',
    value: 50,
    byDefault: undefined,
    effective: (spec) => thresholds(spec).minThroughput,
  },
  { variable: 'BENCHMARK_NAMESPACE', field: 'namespace', text: 'mine', value: 'mine', byDefault: undefined },
  { variable: 'TEMPORAL_NAMESPACE', field: 'namespace', text: 'mine', value: 'mine', byDefault: undefined },
  { variable: 'BENCHMARK_TASK_QUEUE', field: 'taskQueue', text: 'q', value: 'q', byDefault: undefined },
  {
    variable: 'BENCHMARK_COMPLETION_TIMEOUT',
    field: 'completionTimeout',
    text: '40s',
    value: '40s',
    byDefault: '1m',
  },
  { variable: 'BENCHMARK_GENERATOR_ONLY', field: 'generatorOnly', text: 'true', value: true, byDefault: false },
];

/** What a variable needs beside it to make a valid spec. */
const COMPANIONS: Partial<Record<FieldName, object>> = {
  generatorOnly: { taskQueue: 'q', namespace: 'n' },
  activityCount: { workload: 'multi-activity' },
  timerDuration: { workload: 'timer' },
  childCount: { workload: 'child-workflow' },
};

test.each(VARIABLES)('$variable=$text sets $field; the default is $byDefault', (row) => {
  const { variable, field, text, value, byDefault, effective } = row;
  const { values, source } = environmentLayer({ [variable]: text });
  expect(values).toEqual({ [field]: value });
  expect(source(field)).toBe(variable);
  const parsed = parseSpec({ ...COMPANIONS[field], ...values });
  expect(parsed).toMatchObject({ ok: true, spec: { [field]: value } });

  const unset = parseSpec(environmentLayer({}).values);
  if (!unset.ok) throw new Error('the empty spec is invalid');
  expect(effective ? effective(unset.spec) : unset.spec[field]).toEqual(byDefault);
});

test('the table above lists every variable of every field', () => {
  const listed = VARIABLES.map(({ variable }) => variable).sort();
  expect(fieldNames.flatMap((name) => (table[name] as Field).env ?? []).sort()).toEqual(listed);
});

test('if several variables of a field are set, the main one applies', () => {
  expect(environmentLayer({ BENCHMARK_WORKER_COUNT: '2', BENCHMARK_LANES: '3' }).values).toEqual({ lanes: 3 });
  expect(environmentLayer({ TEMPORAL_NAMESPACE: 'a', BENCHMARK_NAMESPACE: 'b' }).values).toEqual({ namespace: 'b' });
});

test('an empty variable counts as unset', () => {
  expect(environmentLayer({ BENCHMARK_TARGET_RATE: '', BENCHMARK_LANES: '' }).values).toEqual({});
  expect(environmentLayer({ BENCHMARK_LANES: '', BENCHMARK_WORKER_COUNT: '2' }).values).toEqual({ lanes: 2 });
});

test.each([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
  ['yes', 'yes'],
])('BENCHMARK_GENERATOR_ONLY=%s is read as %j', (text, value) => {
  expect(environmentLayer({ BENCHMARK_GENERATOR_ONLY: text }).values).toEqual({ generatorOnly: value });
  expect(parseSpec({ taskQueue: 'q', namespace: 'n', generatorOnly: value }).ok).toBe(typeof value === 'boolean');
});
