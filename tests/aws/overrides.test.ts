import fc from 'fast-check';
import { readSpec } from '../../cli/spec-options';
import { runEnvironment, withEnvironment } from '../../scripts/aws/overrides';
import { flagOf } from '../../spec/table';

const duration = fc.integer({ min: 1, max: 59 }).map((n) => `${n}s`);
const flags = fc.record(
  {
    workload: fc.constantFrom('simple', 'timer', 'multi-activity'),
    rate: fc.integer({ min: 1, max: 1000 }).map(String),
    duration: fc.integer({ min: 1, max: 60 }).map((n) => `${n}m`),
    rampUp: duration,
    timerDuration: duration,
    activityCount: fc.integer({ min: 1, max: 100 }).map(String),
    iterations: fc.integer({ min: 1, max: 10 }).map(String),
    lanes: fc.integer({ min: 1, max: 50 }).map(String),
    executor: fc.constantFrom('lean', 'sdk'),
    hosts: fc.integer({ min: 1, max: 20 }).map(String),
    generatorOnly: fc.boolean(),
    namespace: fc.constantFrom('orders', 'benchmark-x'),
    taskQueue: fc.constantFrom('orders', 'a b=c,d"e'),
    externalInput: fc.constantFrom('{"a": "b=c"}', '["x"]'),
  },
  { requiredKeys: [] },
);

function read(argv: Record<string, unknown>, env: Record<string, string | undefined>) {
  try {
    return readSpec(argv, false, env).spec;
  } catch (err) {
    return (err as Error).message.split(':')[0];
  }
}

test('property: the container reads the same spec from its environment as the script reads from the flags', () => {
  fc.assert(
    fc.property(flags, (argv) => {
      const here = read(argv, {});
      if (typeof here === 'string') return; // The script rejects it before it calls AWS.
      const { input } = readSpec(argv, false, {});
      const environment = runEnvironment({ workflowId: 'x', spec: input, address: 'nlb:7233' });
      const env = Object.fromEntries(environment.map(({ name, value }) => [name!, value]));
      expect(read({}, env)).toEqual(here);
      expect(Object.keys(JSON.parse(env.BENCHMARK_SPEC!) as object).sort()).toEqual(Object.keys(argv).sort());
      expect(env).toMatchObject({ TEMPORAL_ADDRESS: 'nlb:7233', BENCHMARK_WORKFLOW_ID: 'x' });
    }),
  );
  expect(flagOf('activityCount')).toBe('activity-count');
});

test('changes replace variables of the task definition and keep the others', () => {
  const before = [
    { name: 'A', value: '1' },
    { name: 'B', value: '2' },
  ];
  expect(withEnvironment(before, [{ name: 'B', value: '3' }])).toEqual([
    { name: 'A', value: '1' },
    { name: 'B', value: '3' },
  ]);
});
