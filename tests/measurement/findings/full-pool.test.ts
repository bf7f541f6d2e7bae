import { symptomsOf } from '../../../measurement/findings/symptoms';
import type { ServerReading } from '../../../measurement/server/server-metrics';
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
