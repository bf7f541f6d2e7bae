import { LaneAccount } from '../../../activities/generate-load/lane-account';
import { mergeLanes } from '../../../measurement/account/lane';
import { idleAudit, noWindows } from '../../../measurement/account/generator-audit';
import { assessValidity, evidenceOf, type Evidence, type HostAudit } from '../../../measurement/judging/validity';
import { defaultThresholds, judge, tooSlow, type HoldOutcome } from '../../../measurement/judging/verdict';
import { laneInput } from '../../support/lane';

const sound: Evidence = {
  scheduled: 1000,
  gapArrivals: 0,
  chosen: 1000,
  lost: 0,
  lagP99Ms: 2,
  lagP95Ms: 1,
  lagP50Ms: 0.5,
  latencyP99Ms: 40,
  latencyP95Ms: 30,
  latencyP50Ms: 20,
  startP50Ms: 4,
  generators: [{ identity: 'g', eventLoopUtilization: 0.2, cpuThrottledShare: 0, clockUncertaintyMs: 1 }],
};
const host: HostAudit = {
  host: 0,
  identity: 'h',
  eventLoopUtilization: 0.3,
  slotsExhaustedShare: 0,
  cpuCores: 0.3,
  restarts: 0,
  silentMs: 0,
};

function failing(change: Partial<Evidence>, hosts: readonly HostAudit[] = [host]): string[] {
  return assessValidity({ ...sound, ...change }, hosts, 0.01)
    .checks.filter((check) => !check.ok)
    .map((check) => check.name);
}

test('a healthy hold is valid', () => {
  expect(failing({})).toEqual([]);
});

test.each([
  ['schedule lag', { lagP99Ms: 5.1 }, host],
  ['generator event loop', { generators: [{ ...sound.generators[0]!, eventLoopUtilization: 0.81 }] }, host],
  ['generator CPU throttling', { generators: [{ ...sound.generators[0]!, cpuThrottledShare: 0.02 }] }, host],
  ['clock uncertainty', { generators: [{ ...sound.generators[0]!, clockUncertaintyMs: 251 }] }, host],
  [
    'generator windows',
    { generators: [{ ...sound.generators[0]!, windows: { ...noWindows, count: 100, limited: 6 } }] },
    host,
  ],
  ['generator gap', { gapArrivals: 11 }, host],
  ['lost samples', { lost: 11 }, host],
  ['host event loop', {}, { ...host, eventLoopUtilization: 0.9 }],
  ['host availability', {}, { ...host, silentMs: 3001 }],
  ['host task slots', {}, { ...host, slotsExhaustedShare: 0.06 }],
] as const)(
  'law 8: exceeding the limit of "%s" makes a hold invalid, and fails no other check',
  (name, change, changedHost) => {
    expect(failing(change, [changedHost])).toEqual([name]);
  },
);

test('law 8: lost samples do not hide a target that completed too little; every other check still counts', () => {
  const checks = (evidence: Evidence) => assessValidity(evidence, [host], 0.01, true).checks.filter(({ ok }) => !ok);
  expect(checks({ ...sound, lost: 700 })).toEqual([]);
  expect(checks({ ...sound, lost: 700, lagP99Ms: 99 }).map(({ name }) => name)).toEqual(['schedule lag']);
});

test.each<[string, Partial<HoldOutcome>, boolean]>([
  ['throughput', { throughput: 80 }, true],
  ['open workflows growth', { drift: { perSecond: 9, limitPerSecond: 1, sustainable: false } }, true],
  ['p99 latency', { p99LatencyMs: 5001 }, false],
  ['error rate', { errorRate: 0.5 }, false],
])('a hold that misses %s completed too little of the load: %j', (name, change, expected) => {
  const fine = { p99LatencyMs: 10, throughput: 100, scheduledRate: 100, errorRate: 0 };
  const verdict = judge(defaultThresholds(0), { ...fine, ...change });
  expect(verdict.thresholds.filter(({ passed }) => !passed).map((one) => one.name)).toEqual([name]);
  expect(tooSlow(verdict)).toBe(expected);
});

test('law 8: a gap that only the server reveals counts, after a generator died while it handed its lane over', () => {
  const measurement = mergeLanes([new LaneAccount(laneInput()).result(idleAudit, undefined)]);
  const skipped = { 'generator-gap': 11 };
  expect(evidenceOf(measurement).gapArrivals).toBe(0);
  expect(evidenceOf({ ...measurement, ledger: { ...measurement.ledger, skipped } }).gapArrivals).toBe(11);
});

test('law 8: the schedule lag may reach a tenth of the median start latency if that is more than 5 ms', () => {
  expect(failing({ lagP99Ms: 9, startP50Ms: 100 })).toEqual([]);
  expect(failing({ lagP99Ms: 11, startP50Ms: 100 })).toEqual(['schedule lag']);
});

test('the schedule lag may reach a tenth of the latency at the same percentile, but not more than 100 ms', () => {
  expect(failing({ lagP99Ms: 9, latencyP99Ms: 100 })).toEqual([]);
  expect(failing({ lagP99Ms: 9, latencyP99Ms: 80 })).toEqual(['schedule lag']);
  expect(failing({ lagP99Ms: 9, latencyP99Ms: 80, latencyP95Ms: 500 })).toEqual(['schedule lag']);
  expect(failing({ lagP99Ms: 90, latencyP99Ms: 5000 })).toEqual([]);
  expect(failing({ lagP99Ms: 101, latencyP99Ms: 5000 })).toEqual(['schedule lag']);
  expect(failing({ scheduled: 600, lagP95Ms: 9, latencyP95Ms: 100, latencyP99Ms: 20 })).toEqual([]);
});

test('if a percentile of the schedule lag has too few starts, the next lower percentile decides', () => {
  expect(failing({ scheduled: 600, lagP99Ms: 20, lagP95Ms: 2 })).toEqual([]);
  expect(failing({ scheduled: 600, lagP99Ms: 20, lagP95Ms: 6 })).toEqual(['schedule lag']);
  expect(failing({ scheduled: 100, lagP99Ms: 20, lagP95Ms: 20, lagP50Ms: 2 })).toEqual([]);
  expect(failing({ scheduled: 100, lagP99Ms: 20, lagP95Ms: 20, lagP50Ms: 6 })).toEqual(['schedule lag']);
  expect(failing({ scheduled: 662, lagP99Ms: 20, lagP95Ms: 2 })).toEqual(['schedule lag']);
});

test('CPU throttling that no generator can read passes, and the check reports it', () => {
  const { checks } = assessValidity(
    { ...sound, generators: [{ ...sound.generators[0]!, cpuThrottledShare: null }] },
    [],
    0.01,
  );
  expect(checks.find((check) => check.name === 'generator CPU throttling')).toMatchObject({
    ok: true,
    detail: 'no generator could read its CPU throttling (no cgroup v2 CPU statistics)',
  });
});
