import { kindsOf } from '../../load-workflows/kinds';
import { mergeLanes } from '../../measurement/account/lane';
import { unaccounted } from '../../measurement/account/ledger';
import { carriedSteps, requireCarried, type Carried } from '../../orchestrator/carried';
import { planOf } from '../../orchestrator/plan';
import type { StepFacts } from '../../report/facts';
import { latenciesOf } from '../../report/steps';
import { MIXABLE, MAX_MIX_PARTS } from '../../spec/mix';
import { MAX_ITERATIONS } from '../../spec/table';
import { specOf } from '../support/facts';
import { laneInput, largeLane } from '../support/lane';

const LANES = 50;
const workloads = MIXABLE.slice(0, MAX_MIX_PARTS);
const mix = workloads.map((workload, i) => `${workload}=${i + 1}`).join(',');
const plan = planOf(
  specOf({
    workload: 'mix',
    mix,
    rate: 20,
    duration: '60m',
    rampUp: '30s',
    iterations: MAX_ITERATIONS,
    retention: '72h',
  }),
);

const kinds = kindsOf(specOf({ workload: 'mix', mix }));

function factsOf(step: (typeof plan.steps)[number]): StepFacts {
  const lanes = Array.from({ length: LANES }, (_, lane) =>
    largeLane({ ...laneInput({ seriesWidthMs: plan.seriesWidthMs }), kinds, step, lane, lanes: LANES }),
  );
  const measurement = mergeLanes(lanes);
  return { step, startAtMs: step.startMs, measurement: { ...measurement, audits: [] }, settled: measurement.ledger };
}

test('I8: the carried state of a run with the maximum number of iterations fits one payload and contains the whole account', () => {
  const [ramp, hold] = plan.steps.slice(0, 2).map(factsOf);
  const steps = plan.steps.map((step): StepFacts => ({ ...(step.kind === 'ramp' ? ramp! : hold!), step }));
  const carried = carriedSteps(steps);
  // The server accepts 2 MB; it logs a warning from 512 KB on.
  expect(JSON.stringify(carried).length).toBeLessThan(500 * 1024);
  expect(carried.map(({ measurement }) => measurement.ledger)).toEqual(
    steps.map(({ measurement }) => measurement.ledger),
  );
  expect(carried.every(({ settled }) => unaccounted(settled) === 0)).toBe(true);
  // There are more rejected starts than can be looked up, so they will be settled by count. A ramp keeps its percentiles, a
  // hold its histograms.
  expect(carried[0]!.measurement.provisional).toEqual([
    { lane: 0, entries: { rejected: null, unknown: null, inDoubt: null } },
  ]);
  expect(carried[0]!.latencies).toEqual(latenciesOf(ramp!.measurement.histograms));
  expect(carried[1]!.measurement.histograms).toEqual(hold!.measurement.histograms);
});

test('the ids of a few provisional arrivals are carried', () => {
  const facts = factsOf(plan.steps[0]!);
  expect(carriedSteps([facts])[0]!.measurement.provisional).toEqual(facts.measurement.provisional);
});

test('a second input of a run is refused, unless an earlier execution of the run has passed it on', () => {
  expect(requireCarried(undefined)).toBeUndefined();
  expect(requireCarried(null)).toBeUndefined();
  const carried = { startedAtMs: 1, planned: [] } as unknown as Carried;
  expect(requireCarried(carried)).toBe(carried);
  for (const input of [{}, { rate: 5 }, 5, 'x', []])
    expect(() => requireCarried(input)).toThrow('the workflow has more than one input; expected one');
});
