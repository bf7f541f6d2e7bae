import { SERVER_MEASURES, type MeasureName, type ServerReading } from '../../measurement/server-metrics';
import { SYMPTOMS, symptomsOf } from '../../measurement/symptoms';
import type { TargetObservation } from '../../measurement/target';

const TO_EXPLAIN = true;

const busy = {
  looks: 5,
  meanBacklog: 1,
  highestBacklog: 3,
  highestAgeMs: 10,
  addedPerSecond: 50,
  dispatchedPerSecond: 50,
};
const latency = (name: MeasureName, of: string, p95Ms: number): ServerReading => {
  return { name, of, count: 1000, perSecond: 50, p50Ms: p95Ms / 3, p95Ms, p99Ms: p95Ms * 2 };
};
const counter = (name: MeasureName, count: number, of = ''): ServerReading => ({
  name,
  of,
  count,
  perSecond: count / 20,
});

/** A cluster in good health, by its own account. */
const healthy: readonly ServerReading[] = [
  latency('persistence latency', 'UpdateWorkflowExecution', 8),
  latency('shard lock', '', 1),
  latency('visibility latency', '', 10),
  latency('history task load', '', 20),
  latency('history task schedule', '', 5),
  counter('persistence requests', 5000, 'history'),
  counter('polls answered', 1000),
  counter('polls answered at once', 995),
  { name: 'database connections in use', of: 'history/main', highest: 4 },
  { name: 'database connections allowed', of: 'history/main', highest: 20 },
  counter('calls refused', 0, 'RpsLimit/Namespace/frontend'),
];

function observed(changes: readonly ServerReading[] = [], queue: Partial<typeof busy> = {}): TargetObservation {
  const same = (a: ServerReading, b: ServerReading) => a.name === b.name && a.of === b.of;
  const kept = healthy.filter((reading) => !changes.some((change) => same(change, reading)));
  return {
    queues: { workflow: { ...busy, ...queue }, activity: null },
    server: { endpoints: 1, readings: [...kept, ...changes], unknown: [] },
  };
}

test('a cluster in good health has no symptom, whether the hold was passed or not', () => {
  for (const explain of [true, false])
    expect(symptomsOf(observed(), 50, explain)).toEqual({ limits: [], symptoms: [], warnings: [] });
});

const cases: readonly [name: string, knob: string, observation: TargetObservation][] = [
  ['nobody takes tasks of the queue', '--hosts', observed([], { highestBacklog: 400, dispatchedPerSecond: 0 })],
  [
    'a slow database',
    'the size of the database',
    observed([latency('persistence latency', 'CreateWorkflowExecution', 80)]),
  ],
  [
    'all connections to the database in use',
    'maxConns of the datastore in the static configuration',
    observed([{ name: 'database connections in use', of: 'history/main', highest: 19 }]),
  ],
  ['contention for shards', 'numHistoryShards', observed([latency('shard lock', '', 12)])],
  ['tasks spill to the database', '--host-pollers, --host-slots', observed([counter('polls answered at once', 900)])],
  [
    'history falls behind with its tasks',
    'history.transferProcessorMaxPollRPS, history.timerProcessorMaxPollRPS',
    observed([latency('history task schedule', '', 900)]),
  ],
  ['a slow visibility store', 'the size of the visibility store', observed([latency('visibility latency', '', 900)])],
  ['conflicts between transactions (DSQL)', 'numHistoryShards', observed([counter('DSQL conflicts', 300)])],
  [
    'transactions given up after conflicts (DSQL)',
    'numHistoryShards',
    observed([counter('DSQL retries exhausted', 1)]),
  ],
  [
    'rate limit of the history service',
    'history.rps',
    observed([counter('calls refused', 9, 'RpsLimit/System/history')]),
  ],
  [
    'rate limit of the matching service',
    'matching.rps',
    observed([counter('calls refused', 9, 'RPS_LIMIT/SYSTEM/matching')]),
  ],
  [
    'concurrent calls of the namespace',
    'frontend.namespaceCount',
    observed([counter('calls refused', 9, 'ConcurrentLimit/Namespace/frontend')]),
  ],
  [
    'persistence rate limit of the frontend service',
    'frontend.persistenceMaxQPS',
    observed([counter('persistence refused', 9, 'frontend')]),
  ],
];

test.each(cases)('%s is named, alone, with its key: %s', (name, knob, observation) => {
  const { limits, symptoms, warnings } = symptomsOf(observation, 50, TO_EXPLAIN);
  expect([...limits, ...symptoms]).toMatchObject([{ name, knob }]);
  expect(warnings).toEqual([]);
});

test('a hold that was passed is told of conflicts, and of nothing else', () => {
  for (const [name, , observation] of cases) {
    const { limits, symptoms, warnings } = symptomsOf(observation, 50, !TO_EXPLAIN);
    expect([limits, symptoms]).toEqual([[], []]);
    expect(warnings.map((warning) => warning.name)).toEqual(/DSQL/.test(name) ? [name] : []);
  }
});

test('every symptom has a case here, and every measure it reads is in the catalogue', () => {
  const names = cases.map(([name]) => name);
  for (const { name } of SYMPTOMS) expect(names).toContain(name);
  expect(new Set(SERVER_MEASURES.map(({ name }) => name)).size).toBe(SERVER_MEASURES.length);
});
