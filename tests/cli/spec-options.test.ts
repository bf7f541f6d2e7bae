import yargs from 'yargs';
import { readSpec, readTargetProfile, withSpecOptions } from '../../cli/spec-options';

function read(args: string, env: Record<string, string> = {}, isEmbedded = false) {
  const argv = withSpecOptions(yargs(args.split(' ')), true).parseSync() as Record<string, unknown>;
  return readSpec(argv, isEmbedded, env).spec;
}

test('--workers is another name of --lanes', () => {
  expect(read('--lanes 3').lanes).toBe(3);
  expect(read('--workers 3').lanes).toBe(3);
  expect(() => read('--workers 3 --lanes 2')).toThrow('--lanes is set more than once; set it once');
  expect(() => read('--workers none')).toThrow('--lanes: "none" is invalid; expected a whole number from 1 to 200');
});

test('the aliases are absent unless they are requested', () => {
  const argv = withSpecOptions(yargs(['--workers', '3'])).parseSync() as Record<string, unknown>;
  expect(readSpec(argv, false, {}).spec.lanes).toBe(4);
});

test('a switch is on without a value, and off with --no-', () => {
  const external = ' --task-queue q --namespace n';
  expect(read(`--generator-only${external}`).generatorOnly).toBe(true);
  expect(read(`--no-generator-only${external}`, { BENCHMARK_GENERATOR_ONLY: 'true' }).generatorOnly).toBe(false);
  expect(read(`--rate 1${external}`, { BENCHMARK_GENERATOR_ONLY: 'true' }).generatorOnly).toBe(true);
});

test('an embedded target has its own defaults', () => {
  expect(read('--seed 1', {}, true)).toMatchObject({ rate: 30, duration: '30s', lanes: 1 });
});

test('BENCHMARK_SPEC holds a spec, below the other variables', () => {
  const env = { BENCHMARK_SPEC: 'rate: 5\nlanes: 2', BENCHMARK_LANES: '3' };
  expect(read('--seed 1', env)).toMatchObject({ rate: 5, lanes: 3 });
});

test.each<[string, Record<string, string>, string]>([
  ['--spec nowhere.yaml', {}, '--spec: the file "nowhere.yaml" does not exist'],
  ['--spec .', {}, '--spec: "." is a folder; expected a file'],
  ['--seed 1', { BENCHMARK_SPEC: '- 1' }, 'BENCHMARK_SPEC is not a spec; expected an object with the fields of a spec'],
  [
    '--seed 1',
    { BENCHMARK_SPEC: '{"schemaVersion": 1, "config": {"rate": 5}}' },
    'BENCHMARK_SPEC is a result, not a spec; write its `config` to a file of its own and use that',
  ],
  ['--seed 1', { BENCHMARK_SPEC: '{' }, 'BENCHMARK_SPEC is neither YAML nor JSON: '],
  ['--seed 1', { BENCHMARK_SPEC: 'rate: 0' }, 'rate (from BENCHMARK_SPEC): 0 is invalid; expected a number above 0'],
])('%s %j: one clear message', (args, env, message) => {
  expect(() => read(args, env)).toThrow(message);
});

test("the namespace of the user's cluster does not apply to an embedded target", () => {
  const env = { TEMPORAL_NAMESPACE: 'users' };
  expect(read('--seed 1', env, true).namespace).toBeUndefined();
  expect(read('--seed 1', env, false).namespace).toBe('users');
  expect(read('--seed 1', { BENCHMARK_NAMESPACE: 'mine' }, true).namespace).toBe('mine');
});

test('the target profile is read from the flag, the environment or the file', () => {
  expect(readTargetProfile({ targetProfile: 'a' }, { BENCHMARK_SPEC: 'targetProfile: b' })).toBe('a');
  expect(readTargetProfile({}, { BENCHMARK_SPEC: 'targetProfile: b' })).toBe('b');
  expect(readTargetProfile({}, { BENCHMARK_SPEC: 'targetProfile: [b]' })).toBeUndefined();
  expect(readTargetProfile({}, {})).toBeUndefined();
});
