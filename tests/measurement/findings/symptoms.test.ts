import { MEASURE_NAMES, type MeasureName } from '../../../measurement/server/server-measures';
import type { ServerReading } from '../../../measurement/server/server-metrics';
import type { HoldEvidence } from '../../../measurement/findings/hold-evidence';
import { emptyLedger } from '../../../measurement/account/ledger';
import { DSQL_SYMPTOMS } from '../../../measurement/findings/dsql-symptoms';
import { HoldReadings } from '../../../measurement/findings/hold-readings';
import { SERVICE_LIMITS } from '../../../measurement/findings/service-limits';
import { SYMPTOMS } from '../../../measurement/findings/symptom-table';
import { symptomsOf } from '../../../measurement/findings/symptoms';
import type { busy } from '../../support/observed';
import { counter, hold, latency, observed } from '../../support/observed';

const EXPLAIN = true;
const unpolled = { highestBacklog: 400, growthPerSecond: 49, dispatchedPerSecond: 0 };

test.each<[string, ServerReading[], Partial<typeof busy>, number]>([
  ['workflows complete', [counter('successful polls', 3)], {}, 7.7],
  ['polls succeed', [counter('successful polls', 300)], {}, 0.1],
  ['tasks are dispatched', [counter('successful polls', 3)], { dispatchedPerSecond: 8 }, 0.1],
])('a backlog is not blamed on missing workers while %s', (_, readings, queue, completedPerSecond) => {
  const { symptoms } = symptomsOf(hold(observed(readings, { ...unpolled, ...queue }), { completedPerSecond }), true);
  expect(symptoms.map(({ name }) => name)).not.toContain('no worker polls the task queue');
});

test.each([
  ['no task waits', { highestBacklog: 10, dispatchedPerSecond: 10 }, []],
  ['its workers take fewer tasks', { highestBacklog: 400, dispatchedPerSecond: 3.9 }, []],
  ['it holds tasks back', { highestBacklog: 11, dispatchedPerSecond: 4 }, ['rate limit of a task queue']],
  // A limit far below the load leaves the queue nearly still: workers poll nevertheless.
  [
    'it permits nearly nothing',
    { highestBacklog: 900, dispatchedPerSecond: 1, limitPerSecond: 1 },
    ['rate limit of a task queue'],
  ],
])('a queue with a rate limit of 10/s, while %s', (_, queue, expected) => {
  const observation = observed([counter('successful polls', 3)], {
    limitPerSecond: 10,
    limitSetBy: 'worker',
    ...queue,
  });
  const { symptoms } = symptomsOf(hold(observation, { completedPerSecond: 0.1, silentSeconds: 6 }), EXPLAIN);
  const names = symptoms.map(({ name }) => name).filter((name) => /queue/.test(name));
  expect(names.filter((name) => expected.length > 0 || name.startsWith('rate'))).toEqual(expected);
});

test('a healthy cluster has no symptom, whether the hold passed or not', () => {
  for (const explain of [true, false])
    expect(symptomsOf(hold(observed()), explain)).toEqual({ limits: [], symptoms: [], warnings: [] });
});

const rejected = (by: string) => hold(observed([counter('requests rejected', 9, by)]));

const cases: readonly [name: string, knob: string, observation: HoldEvidence][] = [
  [
    'rate limit of a task queue',
    'temporal task-queue config set --queue-rps-limit',
    hold(observed([], { highestBacklog: 400, dispatchedPerSecond: 9.8, limitPerSecond: 10, limitSetBy: 'user' })),
  ],
  [
    'no worker polls the task queue',
    'the workers of the task queue (--executor, --task-queue)',
    hold(observed([counter('successful polls', 3)], unpolled), { completedPerSecond: 0.1 }),
  ],
  [
    'no worker polls the task queue',
    'the workers of the task queue (--executor, --task-queue)',
    hold(observed([], unpolled), { silentSeconds: 6, completedPerSecond: 25 }),
  ],
  [
    'slow database',
    'the size of the database',
    hold(observed([latency('persistence latency', 'CreateWorkflowExecution', 80)])),
  ],
  [
    'database connection pool exhausted',
    'maxConns of the datastore in the static configuration',
    hold(observed([{ name: 'database connections in use', labels: 'history #1/main', highest: 19 }])),
  ],
  ['shard lock contention', 'numHistoryShards', hold(observed([latency('shard lock latency', '', 12)]))],
  [
    'low sync match rate',
    '--lanes; with --executor sdk: --host-pollers, --host-slots',
    hold(observed([counter('sync-matched polls', 900)])),
  ],
  [
    'history task processing lags behind',
    'history.transferProcessorMaxPollRPS, history.timerProcessorMaxPollRPS',
    hold(observed([latency('history task schedule latency', '', 900)])),
  ],
  [
    'slow visibility store',
    'the size of the visibility store',
    hold(observed([latency('visibility latency', '', 900)])),
  ],
  ['rate limit of the history service', 'history.rps', rejected('RpsLimit/System/history')],
  ['namespace rate limit', 'frontend.namespaceRPS', rejected('RpsLimit/Namespace/frontend')],
  ['rate limit of the matching service', 'matching.rps', rejected('RPS_LIMIT/SYSTEM/matching')],
  [
    'concurrency limit of the namespace',
    'frontend.namespaceCount',
    hold(observed([counter('requests rejected', 9, 'ConcurrentLimit/Namespace/frontend')])),
  ],
  [
    'persistence rate limit of the namespace in the history service',
    'history.persistenceNamespaceMaxQPS',
    hold(
      observed([
        counter('persistence requests rejected', 110, 'history'),
        counter('requests rejected', 20, 'PersistenceLimit/Namespace/matching'),
      ]),
    ),
  ],
  [
    'persistence rate limit of the history service',
    'history.persistenceMaxQPS',
    hold(
      observed([
        counter('persistence requests rejected', 110, 'history'),
        counter('requests rejected', 20, 'PersistenceLimit/System/matching'),
      ]),
    ),
  ],
  [
    'persistence rate limit of the frontend service',
    'frontend.persistenceMaxQPS',
    hold(observed([counter('persistence requests rejected', 9, 'frontend')])),
  ],
  [
    'waits for a database connection, although the pool is not full',
    'maxIdleConns and maxConnLifetime of the datastore (DSQL: its reservoir)',
    hold(observed([{ name: 'database connection waits', labels: 'history #1/main', count: 100, perSecond: 5 }])),
  ],
  [
    'AddWorkflowTask calls to matching fail',
    'matching.outstandingTaskAppendsThreshold',
    hold(observed([counter('AddWorkflowTask errors', 20, 'serviceerror_Unavailable')])),
  ],
  [
    'uneven load on replicas',
    'numHistoryShards (history), matching.numTaskqueueReadPartitions and matching.numTaskqueueWritePartitions (matching)',
    hold(observed([counter('requests', 9000, 'history #1'), counter('requests', 3000, 'history #2')])),
  ],
  [
    'connections are closed during the run',
    'frontend.keepAliveMaxConnectionAge',
    hold(observed(), { ledger: { ...emptyLedger, scheduled: 1000, rejected: { UNAVAILABLE: 3 } } }),
  ],
];

const always: readonly [name: string, observation: HoldEvidence][] = [
  [
    'starts reach only some frontends',
    hold(
      observed([
        ...[1, 2, 3].map((n) => counter('requests', 1000, `frontend #${n}`)),
        ...[1, 2].map((n) => counter('starts', 500, `frontend #${n}`)),
      ]),
    ),
  ],
  ['visibility lags behind', hold(observed(), { visibilityWaitMs: 12_000 })],
  ['visibility lags behind', hold(observed(), { visibilityWaitMs: 60_000, unlisted: 7 })],
];

test.each(always)('"%s" is reported, whether the hold passed or not', (name, evidence) => {
  expect(symptomsOf(evidence, EXPLAIN).symptoms).toMatchObject([{ name }]);
  expect(symptomsOf(evidence, !EXPLAIN).warnings).toMatchObject([{ name }]);
});

test.each<[string, HoldEvidence]>([
  [
    'a canceled AddWorkflowTask call',
    hold(observed([counter('AddWorkflowTask errors', 500, 'serviceerror_Canceled')])),
  ],
  ['an even load on replicas', hold(observed([1, 2, 3].map((n) => counter('requests', 4000 + n, `history #${n}`))))],
  [
    'less than one wait for a connection per second',
    hold(observed([{ name: 'database connection waits', labels: 'history #1/main', count: 10, perSecond: 0.5 }])),
  ],
  [
    'an unavailable service that restarted',
    hold(observed([counter('restarts', 1)]), {
      ledger: { ...emptyLedger, scheduled: 1000, rejected: { UNAVAILABLE: 3 } },
    }),
  ],
  ['a backlog that workers process', hold(observed([], { highestBacklog: 400, growthPerSecond: 25 }))],
])('%s is not a symptom', (_what, evidence) => {
  expect(symptomsOf(evidence, EXPLAIN)).toEqual({ limits: [], symptoms: [], warnings: [] });
});

test.each(cases)('"%s" is the only finding, and names the setting: %s', (name, knob, observation) => {
  const { limits, symptoms, warnings } = symptomsOf(observation, EXPLAIN);
  expect([...limits, ...symptoms]).toMatchObject([{ name, knob }]);
  expect(warnings).toEqual([]);
});

test('a hold that passed has no explanation of these kinds', () => {
  for (const [, , observation] of cases)
    expect(symptomsOf(observation, !EXPLAIN)).toEqual({ limits: [], symptoms: [], warnings: [] });
});

test('waits while the pool is full are explained by the full pool alone', () => {
  const readings: ServerReading[] = [
    { name: 'database connections in use', labels: 'history #1/main', highest: 20 },
    { name: 'database connection waits', labels: 'history #1/main', count: 100, perSecond: 5 },
  ];
  const { symptoms } = symptomsOf(hold(observed(readings)), EXPLAIN);
  expect(symptoms).toMatchObject([{ name: 'database connection pool exhausted' }]);
});

test('every symptom except those of DSQL has a case here, and so has every measure of the service limits', () => {
  const names = [...cases, ...always].map(([name]) => name);
  for (const { name } of SYMPTOMS.filter((one) => !DSQL_SYMPTOMS.includes(one))) expect(names).toContain(name);
  const tested = SERVICE_LIMITS.filter(({ name }) => names.includes(name)).map(({ measure }) => measure);
  expect(new Set(tested)).toEqual(new Set(SERVICE_LIMITS.map(({ measure }) => measure)));
});

/** Records which measures are read. */
class RecordedReadings extends HoldReadings {
  readonly names: string[] = [];

  override named(name: MeasureName): readonly ServerReading[] {
    this.names.push(name);
    return super.named(name);
  }
}

test('every measure that a symptom or a service limit reads is in the catalog, and each catalog name is unique', () => {
  const catalog: readonly string[] = MEASURE_NAMES;
  expect(new Set(catalog).size).toBe(catalog.length);
  const all = [...cases.map(([, , one]) => one), ...always.map(([, one]) => one), hold(observed())];
  for (const { name, evidence } of SYMPTOMS) {
    const read = all.flatMap((one) => {
      const readings = new RecordedReadings(one);
      evidence(readings);
      return readings.names;
    });
    expect([name, read.filter((measure) => !catalog.includes(measure))]).toEqual([name, []]);
  }
  for (const { measure } of SERVICE_LIMITS) expect(catalog).toContain(measure);
});
