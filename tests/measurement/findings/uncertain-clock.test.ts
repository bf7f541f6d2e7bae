import { attribute } from '../../../measurement/findings/attribution';
import { emptyLedger } from '../../../measurement/account/ledger';
import { assessValidity, type Evidence } from '../../../measurement/judging/validity';

const generator = { identity: 'g', eventLoopUtilization: 0.2, cpuThrottledShare: 0 };

function outcome(clockUncertaintyMs: number) {
  const evidence: Evidence = {
    scheduled: 1000,
    gapArrivals: 0,
    chosen: 1000,
    lost: 0,
    lagP99Ms: 1,
    lagP95Ms: 1,
    lagP50Ms: 1,
    latencyP99Ms: 50,
    latencyP95Ms: 40,
    latencyP50Ms: 30,
    startP50Ms: 10,
    generators: [{ ...generator, clockUncertaintyMs }],
  };
  const validity = assessValidity(evidence, [], 0.01);
  const verdict = { passed: true, thresholds: [], failureReasons: [] };
  const rates = { targetRate: 10, acknowledgedPerSecond: 10, completedPerSecond: 10 };
  const findings = attribute([{ ...rates, ledger: emptyLedger, validity, verdict }]);
  return { valid: validity.valid, names: findings.map(({ name }) => name) };
}

test('a hold with a round trip of 300 ms to the control server is valid, and the distance is a finding', () => {
  expect(outcome(150)).toEqual({
    valid: true,
    names: ['no limit reached', 'the control server is far from the generators'],
  });
  expect(outcome(50)).toEqual({ valid: true, names: ['no limit reached'] });
  expect(outcome(260).valid).toBe(false);
});
