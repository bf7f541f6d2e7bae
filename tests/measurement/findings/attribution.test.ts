import fc from 'fast-check';
import { attribute } from '../../../measurement/findings/attribution';
import type { HoldEvidence } from '../../../measurement/findings/hold-evidence';
import { emptyLedger } from '../../../measurement/account/ledger';
import { limitOf, SERVER_LIMITS } from '../../../measurement/findings/limits';
import { judge } from '../../../measurement/judging/verdict';
import { validityFrom } from '../../../measurement/judging/validity';

const passed = judge(
  { maxP99LatencyMs: 1, minThroughput: 0, maxErrorRate: 0 },
  { p99LatencyMs: 1, throughput: 0, scheduledRate: 0, errorRate: 0 },
);
const missed = judge(
  { maxP99LatencyMs: 1, minThroughput: 0, maxErrorRate: 0 },
  { p99LatencyMs: 2, throughput: 0, scheduledRate: 0, errorRate: 0 },
);
const sound = validityFrom([]);

function hold(change: Partial<HoldEvidence>): HoldEvidence {
  return {
    targetRate: 100,
    ledger: { ...emptyLedger, scheduled: 1000, acknowledged: 1000 },
    acknowledgedPerSecond: 100,
    completedPerSecond: 100,
    verdict: passed,
    validity: sound,
    ...change,
  };
}

test('a healthy run names no limit and recommends a higher rate', () => {
  expect(attribute([hold({})])).toEqual([
    expect.objectContaining({ name: 'no limit reached', advice: 'try a higher rate: --rate 150' }),
  ]);
});

test.each(SERVER_LIMITS.map((limit) => [limit.name, limit] as const))(
  'a rejection by the %s is named with its setting',
  (name, { cause, scope, knob, anyCode }) => {
    const ledger = {
      ...emptyLedger,
      scheduled: 6000,
      acknowledged: 4796,
      rejected: { [anyCode ? `UNAVAILABLE/${cause}` : `RESOURCE_EXHAUSTED/${cause}/${scope ?? 'namespace'}`]: 1204 },
    };
    const [first] = attribute([hold({ ledger, acknowledgedPerSecond: 79.9, verdict: missed })]);
    expect(first).toMatchObject({
      name,
      knob,
      confidence: 'high',
      evidence: expect.stringContaining('1204 of 6000 starts') as string,
    });
  },
);

test('starts without an answer in time are a finding of their own, with the arrivals that were held back', () => {
  const ledger = {
    ...emptyLedger,
    ...{ scheduled: 100, acknowledged: 90, unknown: { DEADLINE_EXCEEDED: 4 }, rejected: { DEADLINE_EXCEEDED: 1 } },
    skipped: { 'in-flight-cap': 5 },
  };
  const [first] = attribute([hold({ ledger, verdict: missed })]);
  expect(first).toMatchObject({ name: 'starts time out', confidence: 'medium' });
  expect(first!.evidence).toMatch(/^5 starts had no response within their deadline .*; 5 arrivals were not sent/);
});

test('competing causes are both listed, the more frequent first', () => {
  const rejected = { 'RESOURCE_EXHAUSTED/RPS_LIMIT/system': 5, 'RESOURCE_EXHAUSTED/PERSISTENCE_LIMIT/system': 50 };
  const names = attribute([hold({ ledger: { ...emptyLedger, scheduled: 1000, rejected }, verdict: missed })]).map(
    ({ name }) => name,
  );
  expect(names).toEqual(['persistence rate limit', 'service rate limit']);
});

test('without evidence the limit is not determined, and no cause is guessed', () => {
  expect(attribute([hold({ verdict: missed })])).toMatchObject([
    { name: 'not determined', confidence: 'low', evidence: expect.stringContaining('p99 latency') as string },
  ]);
  expect(attribute([])).toEqual([]);
});

test('P3: a shortfall has a finding for every cause of rejected starts, known or unknown', () => {
  const causes = fc.constantFrom(
    'UNAVAILABLE',
    'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace',
    'RESOURCE_EXHAUSTED/NEW_CAUSE/system',
    'INTERNAL',
  );
  fc.assert(
    fc.property(fc.dictionary(causes, fc.integer({ min: 1, max: 100 }), { minKeys: 1 }), (rejected) => {
      const found = attribute([hold({ ledger: { ...emptyLedger, scheduled: 1000, rejected }, verdict: missed })]);
      expect(found.length).toBeGreaterThanOrEqual(Object.keys(rejected).length);
      for (const cause of Object.keys(rejected))
        expect(found.some(({ evidence }) => evidence.includes(cause))).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test('only a cause of RESOURCE_EXHAUSTED is a limit of the server', () => {
  expect(limitOf('UNAVAILABLE')).toBeUndefined();
  expect(limitOf('RESOURCE_EXHAUSTED/RPS_LIMIT/namespace')!.knob).toBe('frontend.namespaceRPS');
  expect(limitOf('RESOURCE_EXHAUSTED/RPS_LIMIT/system')!.knob).toBe('frontend.rps');
});

test('a limit in the metrics of a service comes first, with the rejected starts it explains and a recommended value', () => {
  const rejected = { 'RESOURCE_EXHAUSTED/PERSISTENCE_LIMIT/system': 30, 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace': 3 };
  const readings = [{ name: 'persistence requests rejected', labels: 'frontend', count: 243, perSecond: 40 }] as const;
  const target = { queues: { workflow: null, activity: null }, server: { endpoints: 1, readings, unknown: [] } };
  const ledger = { ...emptyLedger, scheduled: 1000, rejected };
  const found = attribute([
    hold({ ledger, verdict: missed, target, acknowledgedPerSecond: 50, completedPerSecond: 40 }),
  ]);
  expect(found.map(({ knob, setting }) => [knob, setting?.value])).toEqual([
    ['frontend.persistenceMaxQPS', 6300],
    ['frontend.namespaceRPS', 6000],
  ]);
  expect(found[0]!.evidence).toMatch(
    /count 243 rejected calls .* 30 of 1000 starts were rejected with RESOURCE_EXHAUSTED\/PERSISTENCE/,
  );
});

test('a machine without CPU left is named before its consequences, and not if the hold passed', () => {
  const windows = { count: 3, limited: 0, machineBusyShare: 0.99, ownCores: 0.2 };
  const ledger = { ...emptyLedger, scheduled: 1000, rejected: { DEADLINE_EXCEEDED: 5 } };
  const [first] = attribute([hold({ windows, ledger, verdict: missed })]);
  expect(first).toMatchObject({ name: "no CPU left on the generators' machine", confidence: 'medium' });
  expect(first!.evidence).toBe('machine CPU 99 % busy for 10 s; each generator used 0.2 cores');
  expect(attribute([hold({ windows })])).toMatchObject([{ name: 'no limit reached' }]);
});

test('the recommended rate limit covers all API calls, not only starts', () => {
  const readings = [
    { name: 'requests', labels: 'frontend #1', count: 1500 },
    { name: 'requests rejected', labels: 'RpsLimit/Namespace/frontend', count: 1000 },
  ] as const;
  const target = { queues: { workflow: null, activity: null }, server: { endpoints: 1, readings, unknown: [] } };
  const rejected = { 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace': 20 };
  const ledger = { ...emptyLedger, scheduled: 1000, rejected };
  const [first] = attribute([hold({ ledger, verdict: missed, target, acknowledgedPerSecond: 90 })]);
  expect(first!.advice).toMatch(/to at least 3\.0 times its current value/);
});

test('the first message of a rejection is quoted, also if no limit is known for its cause', () => {
  const cause = 'INVALID_ARGUMENT';
  const ledger = {
    ...emptyLedger,
    scheduled: 10,
    rejected: { [cause]: 10 },
    examples: { [cause]: 'Workflow type "x" exceeds the length limit' },
  };
  const [first] = attribute([hold({ ledger, verdict: missed })]);
  expect(first).toMatchObject({ name: `starts rejected: ${cause}` });
  expect(first!.evidence).toContain(
    '10 of 10 starts were rejected with INVALID_ARGUMENT (first message: "Workflow type \\"x\\" exceeds the length limit")',
  );
});

test.each(['rejected', 'unknown'] as const)('a lost connection is not a rejection by the server (%s)', (entry) => {
  const cause = 'UNAVAILABLE/connection';
  const ledger = {
    ...emptyLedger,
    scheduled: 70,
    acknowledged: 34,
    [entry]: { [cause]: 36 },
    examples: { [cause]: 'connect ECONNREFUSED 127.0.0.1:7233' },
  };
  const findings = attribute([hold({ ledger, verdict: missed })]);
  expect(findings[0]).toMatchObject({
    name: 'connections to the target fail',
    evidence: '36 of 70 starts failed with their connection (first message: "connect ECONNREFUSED 127.0.0.1:7233")',
  });
  expect(findings.map(({ name }) => name).join()).not.toMatch(/rejected/);
});

test('a failed message is explained by what the server replied', () => {
  const message = 'limit on the total number of distinct updates in this workflow has been reached (3)';
  const examples = { 'message: FAILED_PRECONDITION': message };
  const findings = attribute([hold({ ledger: { ...emptyLedger, scheduled: 37, examples }, verdict: missed })]);
  expect(findings[0]).toMatchObject({
    knob: 'history.maxTotalUpdates',
    evidence: `messages to workflows failed with FAILED_PRECONDITION (first: ${JSON.stringify(message)})`,
  });
});

test('endings of sampled workflows come before what only may explain them, and not if every threshold was met', () => {
  const sample = { sampled: 50, endings: { 'were terminated: Workflow history count exceeds limit.': 50 } };
  expect(attribute([hold({ verdict: missed })], sample)[0]).toMatchObject({ knob: 'limit.historyCount.error' });
  expect(attribute([hold({})], sample).map(({ name }) => name)).toEqual(['no limit reached']);
});

test('messages that a limit rejected name the limit and its key, as starts do', () => {
  const cause = 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace';
  const ledger = {
    ...emptyLedger,
    scheduled: 1000,
    acknowledged: 1000,
    examples: { [`message: ${cause}`]: 'too many' },
  };
  expect(attribute([hold({ ledger, verdict: missed })])).toMatchObject([
    {
      name: 'namespace rate limit',
      knob: 'frontend.namespaceRPS',
      confidence: 'high',
      evidence: `messages to workflows failed with ${cause} (first: "too many")`,
    },
  ]);
  const both = { ...ledger, rejected: { [cause]: 5 } };
  const names = attribute([hold({ ledger: both, verdict: missed })]).map(({ name }) => name);
  expect(names).toEqual(['namespace rate limit']);
});

test('errors of the database are not blamed on connections that the frontend closes', () => {
  const rejected = { 'UNAVAILABLE/SQLSTATE_53300': 20 };
  const ledger = { ...emptyLedger, scheduled: 1000, acknowledged: 980, rejected };
  const names = (found: readonly { name: string }[]) => found.map(({ name }) => name);
  expect(names(attribute([hold({ ledger, verdict: missed })]))).toEqual(['connection limit of the database']);
  const closed = { ...ledger, rejected: { UNAVAILABLE: 20 } };
  expect(names(attribute([hold({ ledger: closed, verdict: missed })]))).toContain(
    'connections are closed during the run',
  );
});
