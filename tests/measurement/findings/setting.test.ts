import fc from 'fast-check';
import { parse } from 'yaml';
import type { HoldEvidence } from '../../../measurement/findings/hold-evidence';
import { emptyLedger } from '../../../measurement/account/ledger';
import { SERVICE_LIMITS } from '../../../measurement/findings/service-limits';
import { dynamicConfigOf, settingFor } from '../../../measurement/findings/setting';

const hold = (highest?: number): HoldEvidence => ({
  targetRate: 100,
  ledger: emptyLedger,
  acknowledgedPerSecond: 50,
  completedPerSecond: 50,
  target: {
    queues: { workflow: null, activity: null },
    server: {
      endpoints: 1,
      readings: highest === undefined ? [] : [{ name: 'service rate limit', labels: 'frontend #1', highest }],
      unknown: [],
    },
  },
});
const rps = { knob: 'frontend.rps', default: '2400 per frontend' };

test('the recommended value is the current value, or the default, times the required factor, plus headroom', () => {
  expect(settingFor(rps, [hold(40)], 2).setting).toMatchObject({ key: 'frontend.rps', value: 100 });
  expect(settingFor(rps, [hold()], 2).setting).toMatchObject({ value: 6000 });
  expect(settingFor({ knob: 'numHistoryShards', default: '4' }, [hold()], 2)).toEqual({});
  expect(settingFor({ knob: 'history.workflowIdReuseMinimalInterval', default: '1s' }, [hold()], 2)).toEqual({});
  expect(settingFor(rps, [hold()], Infinity)).toEqual({});
});

test('property: the recommended value is never below what the load needs, and the lines are a valid dynamic configuration', () => {
  const limit = fc.integer({ min: 1, max: 100_000 });
  fc.assert(
    fc.property(limit, fc.double({ min: 1, max: 50, noNaN: true }), (current, factor) => {
      const { setting } = settingFor(rps, [hold(current)], factor);
      expect(setting!.value).toBeGreaterThanOrEqual(current * factor);
      const finding = { name: 'x', confidence: 'high', evidence: '', advice: '', setting } as const;
      const config = parse(dynamicConfigOf([finding, finding]).join('\n')) as object;
      expect(config).toEqual({ 'frontend.rps': [{ value: setting!.value }] });
    }),
  );
});

test('a key that is set is the base of the recommendation, also if it has no default or the server reports no value', () => {
  const knob = 'history.persistenceNamespaceMaxQPS';
  const limit = { knob, default: 'none: only the limit of the service applies' };
  expect(settingFor(limit, [hold()], 2)).toEqual({});
  const set = { ...hold(), dynamicConfig: [`${knob}=60`, 'frontend.rps=7', `${knob.toLowerCase()}=80`] };
  expect(settingFor(limit, [set], 2).setting).toMatchObject({ key: knob, value: 200 });
  expect(settingFor(limit, [set], 2).setting!.because).toContain('the current value is 80');
  expect(settingFor(limit, [{ ...set, dynamicConfig: [`${knob}=true`] }], 2)).toEqual({});
});

test('property: if the advice is followed, the next run recommends more than what was set', () => {
  const factors = fc.array(fc.double({ min: 1, max: 10, noNaN: true }), { minLength: 2, maxLength: 6 });
  const limits = [rps, { knob: 'frontend.namespaceRPS', default: '2400 per frontend' }, ...SERVICE_LIMITS];
  fc.assert(
    fc.property(fc.constantFrom(...limits), fc.integer({ min: 1, max: 5000 }), factors, (limit, first, all) => {
      let set = first;
      for (const factor of all) {
        const { setting } = settingFor(limit, [{ ...hold(), dynamicConfig: [`${limit.knob}=${set}`] }], factor);
        expect(setting!.value).toBeGreaterThan(set);
        set = setting!.value;
      }
    }),
  );
});
