import { SERVER_MEASURES, type MeasureName } from '../../../measurement/server/server-measures';
import type { ServerReading } from '../../../measurement/server/server-metrics';
import type { HoldEvidence } from '../../../measurement/findings/hold-evidence';
import { emptyLedger } from '../../../measurement/account/ledger';
import { SYMPTOMS, symptomsOf } from '../../../measurement/findings/symptoms';
import type { TargetObservation } from '../../../measurement/server/target';

const TO_EXPLAIN = true;

const busy = {
  samples: 5,
  meanBacklog: 1,
  highestBacklog: 3,
  highestAgeMs: 10,
  growthPerSecond: 1,
  addedPerSecond: 50,
  dispatchedPerSecond: 50,
};
const latency = (name: MeasureName, of: string, p95Ms: number): ServerReading => {
  return { name, labels: of, count: 1000, perSecond: 50, p50Ms: p95Ms / 3, p95Ms, p99Ms: p95Ms * 2 };
};
const counter = (name: MeasureName, count: number, of = ''): ServerReading => ({
  name,
  labels: of,
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
  { name: 'database connections in use', labels: 'history #1/main', highest: 4 },
  { name: 'database connections allowed', labels: 'history #1/main', highest: 20 },
  counter('calls refused', 0, 'RpsLimit/Namespace/frontend'),
];

function observed(changes: readonly ServerReading[] = [], queue: Partial<typeof busy> = {}): TargetObservation {
  const same = (a: ServerReading, b: ServerReading) => a.name === b.name && a.labels === b.labels;
  const kept = healthy.filter((reading) => !changes.some((change) => same(change, reading)));
  return {
    queues: { workflow: { ...busy, ...queue }, activity: null },
    server: { endpoints: 1, readings: [...kept, ...changes], unknown: [] },
  };
}

function hold(target: TargetObservation, change: Partial<HoldEvidence> = {}): HoldEvidence {
  const ledger = { ...emptyLedger, scheduled: 1000, acknowledged: 1000 };
  return { targetRate: 50, ledger, acknowledgedPerSecond: 50, completedPerSecond: 50, target, ...change };
}

test('a cluster in good health has no symptom, whether the hold was passed or not', () => {
  for (const explain of [true, false])
    expect(symptomsOf(hold(observed()), explain)).toEqual({ limits: [], symptoms: [], warnings: [] });
});

const cases: readonly [name: string, knob: string, observation: HoldEvidence][] = [
  [
    'nobody takes tasks of the queue',
    'the workers of the task queue (--hosts, --task-queue)',
    hold(observed([], { highestBacklog: 400, dispatchedPerSecond: 0 })),
  ],
  [
    'a slow database',
    'the size of the database',
    hold(observed([latency('persistence latency', 'CreateWorkflowExecution', 80)])),
  ],
  [
    'all connections to the database in use',
    'maxConns of the datastore in the static configuration',
    hold(observed([{ name: 'database connections in use', labels: 'history #1/main', highest: 19 }])),
  ],
  ['contention for shards', 'numHistoryShards', hold(observed([latency('shard lock', '', 12)]))],
  [
    'tasks spill to the database',
    '--host-pollers, --host-slots',
    hold(observed([counter('polls answered at once', 900)])),
  ],
  [
    'history falls behind with its tasks',
    'history.transferProcessorMaxPollRPS, history.timerProcessorMaxPollRPS',
    hold(observed([latency('history task schedule', '', 900)])),
  ],
  [
    'a slow visibility store',
    'the size of the visibility store',
    hold(observed([latency('visibility latency', '', 900)])),
  ],
  ['conflicts between transactions (DSQL)', 'numHistoryShards', hold(observed([counter('DSQL conflicts', 300)]))],
  [
    'transactions given up after conflicts (DSQL)',
    'numHistoryShards',
    hold(observed([counter('DSQL retries exhausted', 1)])),
  ],
  [
    'rate limit of the history service',
    'history.rps',
    hold(observed([counter('calls refused', 9, 'RpsLimit/System/history')])),
  ],
  [
    'rate limit of the matching service',
    'matching.rps',
    hold(observed([counter('calls refused', 9, 'RPS_LIMIT/SYSTEM/matching')])),
  ],
  [
    'concurrent calls of the namespace',
    'frontend.namespaceCount',
    hold(observed([counter('calls refused', 9, 'ConcurrentLimit/Namespace/frontend')])),
  ],
  [
    'persistence rate limit of the frontend service',
    'frontend.persistenceMaxQPS',
    hold(observed([counter('persistence refused', 9, 'frontend')])),
  ],
  [
    'nobody takes tasks of the queue',
    'the workers of the task queue (--hosts, --task-queue)',
    hold(observed([], { highestBacklog: 400, growthPerSecond: 49 })),
  ],
  [
    'nobody takes tasks of the queue',
    'the workers of the task queue (--hosts, --task-queue)',
    hold(observed([], { highestBacklog: 400 }), { completedPerSecond: 1 }),
  ],
  [
    'waits for a connection, though the pool is not full',
    'maxIdleConns and maxConnLifetime of the datastore (DSQL: its reservoir)',
    hold(observed([{ name: 'waits for a connection', labels: 'history #1/main', count: 100, perSecond: 5 }])),
  ],
  [
    'tasks are not handed to matching',
    'matching.outstandingTaskAppendsThreshold',
    hold(observed([counter('tasks not handed to matching', 20, 'serviceerror_Unavailable')])),
  ],
  [
    'one replica is hotter than the others',
    'numHistoryShards (history), matching.numTaskqueueReadPartitions and …WritePartitions (matching)',
    hold(observed([counter('requests', 9000, 'history #1'), counter('requests', 3000, 'history #2')])),
  ],
  [
    'connections are cut in mid-run',
    'frontend.keepAliveMaxConnectionAge',
    hold(observed(), { ledger: { ...emptyLedger, scheduled: 1000, rejected: { UNAVAILABLE: 3 } } }),
  ],
];

const always: readonly [name: string, observation: HoldEvidence][] = [
  ['conflicts between transactions (DSQL)', hold(observed([counter('DSQL conflicts', 300)]))],
  ['transactions given up after conflicts (DSQL)', hold(observed([counter('DSQL retries exhausted', 1)]))],
  [
    'starts reach only some of the frontends',
    hold(
      observed([
        ...[1, 2, 3].map((n) => counter('requests', 1000, `frontend #${n}`)),
        ...[1, 2].map((n) => counter('starts', 500, `frontend #${n}`)),
      ]),
    ),
  ],
  ['visibility lags behind', hold(observed(), { visibilityWaitMs: 12_000 })],
];

test.each(always)('%s is told of, whether the hold was passed or not', (name, evidence) => {
  expect(symptomsOf(evidence, TO_EXPLAIN).symptoms).toMatchObject([{ name }]);
  expect(symptomsOf(evidence, !TO_EXPLAIN).warnings).toMatchObject([{ name }]);
});

test.each<[string, HoldEvidence]>([
  [
    'a canceled hand-over of a task',
    hold(observed([counter('tasks not handed to matching', 500, 'serviceerror_Canceled')])),
  ],
  ['replicas that share evenly', hold(observed([1, 2, 3].map((n) => counter('requests', 4000 + n, `history #${n}`))))],
  [
    'waits while the pool is full',
    hold(observed([{ name: 'waits for a connection', labels: 'x', count: 1, perSecond: 0.5 }])),
  ],
  [
    'a service that was started anew',
    hold(observed([counter('restarts', 1)]), {
      ledger: { ...emptyLedger, scheduled: 1000, rejected: { UNAVAILABLE: 3 } },
    }),
  ],
  ['a backlog that is worked off', hold(observed([], { highestBacklog: 400, growthPerSecond: 25 }))],
])('%s is no symptom', (_what, evidence) => {
  expect(symptomsOf(evidence, TO_EXPLAIN)).toEqual({ limits: [], symptoms: [], warnings: [] });
});

test.each(cases)('%s is named, alone, with its key: %s', (name, knob, observation) => {
  const { limits, symptoms, warnings } = symptomsOf(observation, TO_EXPLAIN);
  expect([...limits, ...symptoms]).toMatchObject([{ name, knob }]);
  expect(warnings).toEqual([]);
});

test('a hold that was passed is told of conflicts, and of nothing else', () => {
  for (const [name, , observation] of cases) {
    const { limits, symptoms, warnings } = symptomsOf(observation, !TO_EXPLAIN);
    expect([limits, symptoms]).toEqual([[], []]);
    expect(warnings.map((warning) => warning.name)).toEqual(/DSQL/.test(name) ? [name] : []);
  }
});

test('every symptom has a case here, and every measure it reads is in the catalogue', () => {
  const names = [...cases, ...always].map(([name]) => name);
  for (const { name } of SYMPTOMS) expect(names).toContain(name);
  expect(new Set(SERVER_MEASURES.map(({ name }) => name)).size).toBe(SERVER_MEASURES.length);
});
