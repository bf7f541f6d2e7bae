import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyLedger } from '../../../measurement/account/ledger';
import type { HoldEvidence } from '../../../measurement/findings/hold-evidence';
import { DSQL_SYMPTOMS } from '../../../measurement/findings/dsql-symptoms';
import { limitOf } from '../../../measurement/findings/limits';
import { symptomsOf } from '../../../measurement/findings/symptoms';
import type { MeasureName } from '../../../measurement/server/server-measures';
import { readingsBetween, readPage, type ServerReading } from '../../../measurement/server/server-metrics';

function holdWith(readings: readonly ServerReading[]): HoldEvidence {
  const target = {
    queues: { workflow: null, activity: null },
    server: { endpoints: 1, readings, unknown: [] },
  };
  const ledger = { ...emptyLedger, scheduled: 1000, acknowledged: 1000 };
  return { targetRate: 50, ledger, acknowledgedPerSecond: 50, completedPerSecond: 50, target };
}

/** Returns the warnings about a hold that passed. */
function warnings(readings: readonly ServerReading[]) {
  return symptomsOf(holdWith(readings), false).warnings;
}

const count = (name: MeasureName, n: number, labels = ''): ServerReading => {
  return { name, labels, count: n, perSecond: n / 20 };
};
const gauge = (name: MeasureName, labels: string, lowest: number): ServerReading => {
  return { name, labels, lowest, mean: 40, highest: 50 };
};
const reservoir = (lowest: number) => [
  gauge('DSQL reservoir size', 'history #1', 49),
  gauge('DSQL reservoir size', 'history #2', lowest),
  gauge('DSQL reservoir target', 'history #1', 50),
  gauge('DSQL reservoir target', 'history #2', 50),
];

/** Readings that show a symptom, and readings that almost show it. */
const cases: readonly [name: string, shown: ServerReading[], almost: ServerReading[]][] = [
  [
    'transaction conflicts (DSQL)',
    [count('DSQL conflicts', 51, 'LockTaskQueues'), count('DSQL transaction latency', 1000, 'LockTaskQueues')],
    [count('DSQL conflicts', 50, 'LockTaskQueues'), count('DSQL transaction latency', 1000, 'LockTaskQueues')],
  ],
  [
    'transaction conflicts (DSQL)',
    [count('Aurora DSQL conflicts', 51), count('Aurora DSQL transactions', 1000)],
    // All transactions count, not only those that the plugin records.
    [
      count('Aurora DSQL conflicts', 50),
      count('Aurora DSQL transactions', 1000),
      count('DSQL conflicts', 50),
      count('DSQL transaction latency', 60),
    ],
  ],
  [
    'transactions failed after all retries (DSQL)',
    [count('DSQL retries exhausted', 1)],
    [count('DSQL retries exhausted', 0), count('DSQL retries', 90)],
  ],
  ['connection reservoir drained (DSQL)', reservoir(24), reservoir(25)],
  ['connection reservoir drained (DSQL)', [count('DSQL reservoir empty', 1)], [count('DSQL reservoir empty', 0)]],
  [
    'refills of the connection reservoir exceed the connection rate (DSQL)',
    [count('DSQL reservoir refill failures', 1, 'rate_limit/history')],
    [count('DSQL reservoir refill failures', 0, 'rate_limit/history')],
  ],
  [
    'refills of the connection reservoir fail (DSQL)',
    [count('DSQL reservoir refill failures', 1, 'lease_acquire/history')],
    [count('DSQL reservoir discards', 9, 'reservoir_full/history')],
  ],
  [
    'token refreshes fail (DSQL)',
    [count('DSQL token refresh failures', 1)],
    [count('DSQL token refreshes', 9), count('DSQL token cache misses', 9)],
  ],
  [
    'connection limit of the database (DSQL)',
    [count('DSQL errors', 1, 'connection_limit/LockTaskQueues')],
    [count('DSQL errors', 9, 'condition_failed/LockTaskQueues')],
  ],
  [
    'transaction time limit of the database (DSQL)',
    [count('DSQL errors', 1, 'transaction_timeout/LockTaskQueues')],
    [count('DSQL errors', 9, 'retryable/LockTaskQueues')],
  ],
];

test.each(cases)('"%s" is reported, and only if its threshold is exceeded', (name, shown, almost) => {
  expect(warnings(shown).map((warning) => warning.name)).toEqual([name]);
  expect(warnings(almost)).toEqual([]);
});

test('every DSQL symptom has a case here', () => {
  expect(new Set([...cases.map(([name]) => name), 'slow commits (Aurora DSQL)'])).toEqual(
    new Set(DSQL_SYMPTOMS.map(({ name }) => name)),
  );
});

test.each([
  [51, ['slow commits (Aurora DSQL)']],
  [50, []],
])('a median commit latency of %d ms explains a hold that did not pass: %j', (mean, names) => {
  const commits: ServerReading = { name: 'Aurora DSQL commit latency', labels: '', lowest: 1, mean, highest: 99 };
  expect(symptomsOf(holdWith([commits]), true).symptoms.map(({ name }) => name)).toEqual(names);
  expect(warnings([commits])).toEqual([]);
});

test.each<[what: string, readings: ServerReading[]]>([
  ['one conflict, and no recorded transaction', [count('DSQL conflicts', 1), count('persistence requests', 5000)]],
  ['one conflict in one transaction', [count('DSQL conflicts', 1), count('DSQL transaction latency', 1)]],
])('%s is no warning about a conflict rate', (_what, readings) => {
  expect(warnings(readings)).toEqual([]);
});

const FOUND = [
  ['transaction conflicts (DSQL)', '32 conflicts in 400 transactions (8.0 %)'],
  ['transactions failed after all retries (DSQL)', '2 transactions failed'],
  ['connection reservoir drained (DSQL)', '7 checkouts found it empty; history #2 had 0 of 50 connections'],
  ['refills of the connection reservoir exceed the connection rate (DSQL)', '11 refills'],
  ['refills of the connection reservoir fail (DSQL)', '2 × connection_open/history'],
  ['token refreshes fail (DSQL)', '1 failed token refreshes'],
];

test.each(['tally', 'opentelemetry', 'opentelemetry-seconds'])(
  'the pages of a server with %s show its symptoms',
  (scheme) => {
    const dir = join(__dirname, '..', 'server', 'exposition', scheme);
    const pages = (when: string) =>
      [1, 2].map((replica) => readPage(readFileSync(join(dir, `replica-${replica}-${when}.txt`), 'utf8')));
    const [before, after] = [pages('before'), pages('after')];
    const found = warnings(readingsBetween(before, after, [before, after], 10));
    expect(found).toMatchObject(
      FOUND.map(([name, evidence]) => ({ name, evidence: expect.stringContaining(evidence!) as string })),
    );
  },
);

test.each([
  ['UNAVAILABLE/SQLSTATE_53300', 'connection limit of the database'],
  ['UNAVAILABLE/SQLSTATE_53400', 'connection rate limit of the database'],
  ['UNKNOWN/SQLSTATE_54000', 'transaction limit of the database'],
  ['UNAVAILABLE/SQLSTATE_40001', 'transactions failed after conflicts'],
  ['UNAVAILABLE/SQLSTATE_OC000', 'transactions failed after conflicts'],
  ['UNAVAILABLE/SQLSTATE_OC001', 'transactions failed after conflicts'],
  ['UNAVAILABLE/SQLSTATE_23505', undefined],
])('a start that failed with %s: %s', (cause, name) => {
  expect(limitOf(cause)?.name).toBe(name);
});
