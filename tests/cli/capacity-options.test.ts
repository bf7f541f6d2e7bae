import { readCapacity } from '../../cli/capacity-options';
import { readSearch } from '../../cli/launch';
import { readSweep, renderSweep } from '../../cli/sweep';
import type { CapacityResult } from '../../report/capacity-schema';

const read = (argv: object, env: NodeJS.ProcessEnv = {}) => readCapacity(argv as never, true, env).capacity;

test('a list flag can be repeated and can hold several values', () => {
  const { slos, labels } = read({ slo: ['p99=500ms,p99=1s', 'p99=5s'], label: ['shards=512', 'disk=gp3'] });
  expect(slos.map(({ name }) => name)).toEqual(['p99=500ms', 'p99=1s', 'p99=5s']);
  expect(labels).toEqual({ shards: '512', disk: 'gp3' });
});

test('the load of an embedded target is no contradiction, a rate of the environment is', () => {
  expect(read({}).spec).toMatchObject({ lanes: 1, hosts: 1 });
  expect(() => read({}, { BENCHMARK_TARGET_RATE: '50' })).toThrow(
    'rate (from BENCHMARK_TARGET_RATE) cannot be used with a capacity search, which chooses the rates itself; use from and maxRate',
  );
});

test('a search of an embedded target ends after 7m30s, others after 15m, unless the user says otherwise', () => {
  expect(read({}).maxDurationMs).toBe(450_000);
  expect(readCapacity({} as never, false, {}).capacity.maxDurationMs).toBe(900_000);
  expect(read({ maxDuration: '20m' }).maxDurationMs).toBe(1_200_000);
});

test('every problem of the flags is named with its flag', () => {
  expect(() => read({ slo: ['500ms'], precision: '0%', maxRate: 'many' })).toThrow(
    /--slo: \["500ms"\].*\n--precision: "0%".*\n--max-rate: "many"/,
  );
});

test('a search starts its own workflow, and may send its highest rate', () => {
  const launch = readSearch({ slo: ['p99=1s'], maxRate: '300' }, true);
  expect(launch).toMatchObject({
    workflowType: 'CapacitySearch',
    peakRate: 300,
    summary: 'simple: capacity with p99=1s',
  });
  expect(launch.input).toMatchObject({ slo: ['p99=1s'], maxRate: 300 });
});

test('a sweep is one search per value, each with a label, a folder and a workflow ID of its own', () => {
  const sweep = readSweep({
    sweep: 'host-slots=10,20',
    executor: 'sdk',
    label: ['disk=gp3'],
    out: 'out',
    'workflow-id': 'nightly',
  })!;
  expect(sweep.map(({ value }) => value)).toEqual(['host-slots=10', 'host-slots=20']);
  expect(sweep[1]!.flags).toMatchObject({
    hostSlots: '20',
    label: ['disk=gp3', 'host-slots=20'],
    out: 'out/host-slots=20',
    'workflow-id': 'nightly-host-slots-20',
  });
  expect(readSearch(sweep[1]!.flags, true).spec.hostSlots).toBe(20);
  expect(readSweep({})).toBeUndefined();
});

test.each(['hosts', 'hosts=', 'rate=10,20', 'nothing=1', 'hosts=1,2,3,4,5,6,7,8,9,10,11'])(
  'the sweep %j is refused with what is expected',
  (sweep) => {
    expect(() => readSweep({ sweep })).toThrow(
      /--sweep: .* is invalid; expected an option of the search and 1 to 10 values/,
    );
  },
);

test('the table of a sweep has a line for each search, and a lower bound is called one', () => {
  const goal = { name: 'p99=5s', holds: 80, failsAt: 85, end: 'found' } as CapacityResult['goals'][0];
  const row = (value: string, change: Partial<typeof goal>) => {
    return { value, capacity: { goals: [{ ...goal, ...change }] } as CapacityResult };
  };
  const text = renderSweep([
    row('hosts=1', {}),
    row('hosts=2', { end: 'generator-limited', holds: 120, failsAt: null }),
    row('hosts=4', { holds: null }),
  ]);
  expect(text).toMatch(/hosts=1 +80\/s to 85\/s\n +hosts=2 +at least 120\/s\n +hosts=4 +none/);
});
