import fc from 'fast-check';
import { generatorsFor, generatorThreadMs, hostCost, hostsFor, ratePerHost } from '../../../measurement/judging/sizing';
import { LIMITS } from '../../../measurement/judging/validity';

const cost = fc.record({
  cpuMsPerWorkflow: fc.double({ min: 0.1, max: 100, noNaN: true }),
  threadMsPerWorkflow: fc.double({ min: 0.1, max: 50, noNaN: true }),
});
const rate = fc.double({ min: 0.1, max: 10_000, noNaN: true });

test('the recommended number of hosts keeps each host within the limit, and one host fewer does not', () => {
  fc.assert(
    fc.property(cost, rate, (one, perSecond) => {
      const { hosts, cores } = hostsFor(perSecond, one);
      const busy = (n: number) => (perSecond * one.threadMsPerWorkflow) / 1000 / n;
      expect(busy(hosts)).toBeLessThanOrEqual(LIMITS.eventLoopUtilization * (1 + 1e-9));
      if (hosts > 1) expect(busy(hosts - 1)).toBeGreaterThan(LIMITS.eventLoopUtilization * (1 - 1e-9));
      expect(cores).toBeCloseTo((perSecond * one.cpuMsPerWorkflow) / 1000, 6);
    }),
  );
});

test('the cost per workflow is what all hosts used divided by what they completed, however the work was distributed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 }),
      rate,
      (busy, done) => {
        const hosts = busy.map((share) => ({ eventLoopUtilization: share, cpuCores: share * 2 }));
        const found = hostCost(hosts, done)!;
        const all = busy.reduce((sum, share) => sum + share, 0);
        expect(found.threadMsPerWorkflow * done).toBeCloseTo(all * 1000, 3);
        expect(found.cpuMsPerWorkflow).toBeCloseTo(2 * found.threadMsPerWorkflow, 6);
        expect(ratePerHost(found) * (all / done)).toBeCloseTo(LIMITS.eventLoopUtilization, 6);
      },
    ),
  );
  expect(hostCost([], 10)).toBeUndefined();
  expect(hostCost([{ eventLoopUtilization: 0.5, cpuCores: 1 }], 0)).toBeUndefined();
});

test('the recommended number of lanes keeps the busiest generator within the limit, and one lane fewer does not', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.integer({ min: 1, max: 50 }),
      rate,
      rate,
      (busiest, lanes, done, wanted) => {
        const threadMs = generatorThreadMs(busiest, lanes, done)!;
        const needed = generatorsFor(wanted, threadMs);
        const busy = (n: number) => (wanted * threadMs) / 1000 / n;
        expect(busy(needed)).toBeLessThanOrEqual(LIMITS.eventLoopUtilization * (1 + 1e-9));
        if (needed > 1) expect(busy(needed - 1)).toBeGreaterThan(LIMITS.eventLoopUtilization * (1 - 1e-9));
        // What was measured is what is predicted for the same rate and lanes.
        expect((done * threadMs) / 1000 / lanes).toBeCloseTo(busiest);
      },
    ),
  );
  expect(generatorThreadMs(0.5, 1, 0)).toBeUndefined();
});
