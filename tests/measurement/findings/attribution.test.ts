import fc from 'fast-check';
import { attribute } from '../../../measurement/findings/attribution';
import type { HoldEvidence } from '../../../measurement/findings/hold-evidence';
import { emptyLedger } from '../../../measurement/account/ledger';
import { limitOf, SERVER_LIMITS } from '../../../measurement/findings/limits';
import { judge } from '../../../measurement/judging/verdict';
import { validityFrom } from '../../../measurement/judging/validity';

const passed = judge(
  { maxP99LatencyMs: 1, minThroughput: 0, maxErrorRate: 0 },
  { p99LatencyMs: 1, throughput: 0, errorRate: 0 },
);
const missed = judge(
  { maxP99LatencyMs: 1, minThroughput: 0, maxErrorRate: 0 },
  { p99LatencyMs: 2, throughput: 0, errorRate: 0 },
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

test('a healthy run names no limit and says what to try', () => {
  expect(attribute([hold({})])).toEqual([
    expect.objectContaining({ name: 'nothing limited it', advice: 'try more: --rate 150' }),
  ]);
});

test.each(SERVER_LIMITS.map((limit) => [limit.name, limit] as const))(
  'a refusal by the %s is named with its key',
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

test('competing causes are both there, the costlier first', () => {
  const rejected = { 'RESOURCE_EXHAUSTED/RPS_LIMIT/system': 5, 'RESOURCE_EXHAUSTED/PERSISTENCE_LIMIT/system': 50 };
  const names = attribute([hold({ ledger: { ...emptyLedger, scheduled: 1000, rejected }, verdict: missed })]).map(
    ({ name }) => name,
  );
  expect(names).toEqual(['persistence rate limit', 'service rate limit']);
});

test('no evidence is no guess', () => {
  expect(attribute([hold({ verdict: missed })])).toMatchObject([
    { name: 'not determined', confidence: 'low', evidence: expect.stringContaining('p99 latency') as string },
  ]);
  expect(attribute([])).toEqual([]);
});

test('P3: whatever is refused in whatever way, a shortfall has a finding', () => {
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

test('only what the server calls exhausted is one of its limits', () => {
  expect(limitOf('UNAVAILABLE')).toBeUndefined();
  expect(limitOf('RESOURCE_EXHAUSTED/RPS_LIMIT/namespace')!.knob).toBe('frontend.namespaceRPS');
  expect(limitOf('RESOURCE_EXHAUSTED/RPS_LIMIT/system')!.knob).toBe('frontend.rps');
});

test('what a service says of itself stands first, with what callers were told of the same limit, and the value to set', () => {
  const rejected = { 'RESOURCE_EXHAUSTED/PERSISTENCE_LIMIT/system': 30, 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace': 3 };
  const readings = [{ name: 'persistence refused', labels: 'frontend', count: 243, perSecond: 40 }] as const;
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
    /243 calls .* 30 of 1000 starts were refused with RESOURCE_EXHAUSTED\/PERSISTENCE/,
  );
});

test('a machine without CPU left is named before what came of it, and not where the hold was passed', () => {
  const windows = { count: 3, limited: 0, machineBusyShare: 0.99, ownCores: 0.2 };
  const ledger = { ...emptyLedger, scheduled: 1000, rejected: { DEADLINE_EXCEEDED: 5 } };
  const [first] = attribute([hold({ windows, ledger, verdict: missed })]);
  expect(first).toMatchObject({ name: "no CPU left on the generators' machine", confidence: 'medium' });
  expect(first!.evidence).toBe('its CPUs were 99 % busy for 10 s, 0.2 cores of it a generator');
  expect(attribute([hold({ windows })])).toMatchObject([{ name: 'nothing limited it' }]);
});

test('a limit of requests is raised by what all calls need, not by what starts need', () => {
  const readings = [
    { name: 'requests', labels: 'frontend #1', count: 1500 },
    { name: 'calls refused', labels: 'RpsLimit/Namespace/frontend', count: 1000 },
  ] as const;
  const target = { queues: { workflow: null, activity: null }, server: { endpoints: 1, readings, unknown: [] } };
  const rejected = { 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace': 20 };
  const ledger = { ...emptyLedger, scheduled: 1000, rejected };
  const [first] = attribute([hold({ ledger, verdict: missed, target, acknowledgedPerSecond: 90 })]);
  expect(first!.advice).toMatch(/to 3.0 times what it is now or more/);
});
