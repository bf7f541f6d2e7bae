import fc from 'fast-check';
import { parse } from 'yaml';
import type { HoldEvidence } from '../../../measurement/findings/hold-evidence';
import { emptyLedger } from '../../../measurement/account/ledger';
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
      readings: highest === undefined ? [] : [{ name: 'rate limit of a service', labels: 'frontend #1', highest }],
      unknown: [],
    },
  },
});
const rps = { knob: 'frontend.rps', default: '2400 per frontend' };

test('what to write is what is in force, or else the default, times what the load needs, with room', () => {
  expect(settingFor(rps, [hold(40)], 2).setting).toMatchObject({ key: 'frontend.rps', value: 100 });
  expect(settingFor(rps, [hold()], 2).setting).toMatchObject({ value: 6000 });
  expect(settingFor({ knob: 'numHistoryShards', default: '4' }, [hold()], 2)).toEqual({});
  expect(settingFor({ knob: 'history.workflowIdReuseMinimalInterval', default: '1s' }, [hold()], 2)).toEqual({});
  expect(settingFor(rps, [hold()], Infinity)).toEqual({});
});

test('property: the value is never below what the load needs, and the fragment is a dynamic configuration', () => {
  const limit = fc.integer({ min: 1, max: 100_000 });
  fc.assert(
    fc.property(limit, fc.double({ min: 1, max: 50, noNaN: true }), (inForce, factor) => {
      const { setting } = settingFor(rps, [hold(inForce)], factor);
      expect(setting!.value).toBeGreaterThanOrEqual(inForce * factor);
      const finding = { name: 'x', confidence: 'high', evidence: '', advice: '', setting } as const;
      const config = parse(dynamicConfigOf([finding, finding]).join('\n')) as object;
      expect(config).toEqual({ 'frontend.rps': [{ value: setting!.value }] });
    }),
  );
});
