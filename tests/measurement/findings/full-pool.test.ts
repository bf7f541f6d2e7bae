import { emptyLedger } from '../../../measurement/account/ledger';
import { attribute } from '../../../measurement/findings/attribution';
import { symptomsOf } from '../../../measurement/findings/symptoms';
import type { ServerReading } from '../../../measurement/server/server-metrics';
import { judge } from '../../../measurement/judging/verdict';
import { counter, hold, latency, observed } from '../../support/observed';

test.each([
  // Two connections and 40 requests a second: each uses one for 50 ms at most.
  ['wait for a connection', 2, 800, 2000, ['database connection pool exhausted', 'slow database']],
  [
    'are slow themselves, and would be with more connections',
    20,
    800,
    2000,
    ['slow database', 'database connection pool exhausted'],
  ],
  ['wait little', 2, 800, 300, ['slow database', 'database connection pool exhausted']],
])(
  'of a full pool and slow requests, the cause is first: requests that %s',
  (_what, connections, requests, p95Ms, names) => {
    const pool = { labels: 'history #1/main', highest: connections };
    const readings: ServerReading[] = [
      { name: 'database connections in use', ...pool },
      { name: 'database connection limit', ...pool },
      counter('persistence requests', requests, 'history'),
      latency('persistence latency', 'UpdateWorkflowExecution', p95Ms),
    ];
    const { symptoms } = symptomsOf(hold(observed(readings)), true);
    expect(symptoms.map(({ name }) => name)).toEqual(names);
    expect(symptoms[0]).not.toHaveProperty('isCause');
    if (names[0] !== 'slow database')
      expect(symptoms[0]!.evidence).toContain(
        'a request used one for 50 ms at most, but half of the UpdateWorkflowExecution requests took 667 ms',
      );
  },
);

test('what an overwhelmed server measured comes before its own UNAVAILABLE, which names no cause', () => {
  const pool = { labels: 'history #1/main', highest: 2 };
  const readings: ServerReading[] = [
    { name: 'database connections in use', ...pool },
    { name: 'database connection limit', ...pool },
    counter('persistence requests', 800, 'history'),
    latency('persistence latency', 'UpdateWorkflowExecution', 2000),
  ];
  const names = (cause: string) => {
    const ledger = { ...emptyLedger, scheduled: 1000, acknowledged: 500, rejected: { [cause]: 500 } };
    const verdict = judge(
      { maxP99LatencyMs: 1, minThroughput: 0, maxErrorRate: 0 },
      { p99LatencyMs: 2, throughput: 0, scheduledRate: 0, errorRate: 0 },
    );
    return attribute([hold(observed(readings), { ledger, verdict })]).map(({ name }) => name);
  };
  expect(names('UNAVAILABLE').slice(0, 3)).toEqual([
    'database connection pool exhausted',
    'slow database',
    'starts rejected: UNAVAILABLE',
  ]);
  expect(names('INTERNAL')[0]).toBe('starts rejected: INTERNAL');
});
