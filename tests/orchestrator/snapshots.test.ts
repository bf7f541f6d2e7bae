import { emptyLedger } from '../../measurement/account/ledger';
import { noHistograms } from '../../measurement/account/lane';
import type { StepSnapshot } from '../../orchestrator/activity-types';
import { latencyOfLatest, latencyOfSteps, Snapshots } from '../../orchestrator/snapshots';
import { histogramsOf } from '../support/facts';

function snapshot(stepIndex: number, completed: number, scheduled = completed): StepSnapshot {
  const ledger = { ...emptyLedger, scheduled, acknowledged: completed };
  const latency = completed > 0 ? { latencyP50Ms: 5, latencyP99Ms: 50 } : { latencyP50Ms: 0, latencyP99Ms: 0 };
  return { stepIndex, lanesReporting: 1, ledger, completed, failed: 0, inFlight: 0, awaited: 0, ...latency };
}

test('the latency is that of the latest snapshot with a completion, and is absent without one', () => {
  expect(latencyOfLatest([])).toBeUndefined();
  expect(latencyOfLatest([snapshot(0, 0, 10)])).toBeUndefined();
  expect(latencyOfLatest([snapshot(0, 40), snapshot(1, 0, 3)])).toEqual({ p50Ms: 5, p99Ms: 50 });
});

test('after its last snapshot, the latency is that of the last step with a completion, also if its histograms were dropped', () => {
  const step = (completed: number, latencies: readonly number[]) =>
    ({
      measurement: { observation: { completed }, histograms: histogramsOf(latencies) },
    }) as unknown as Parameters<typeof latencyOfSteps>[0][number];
  expect(latencyOfSteps([])).toBeUndefined();
  expect(latencyOfSteps([step(0, [])])).toBeUndefined();
  expect(latencyOfSteps([step(1, [900]), step(3, [7, 7, 7]), step(0, [])])?.p50Ms).toBeCloseTo(7, 1);
  const carried = {
    latencies: { latency: { p50: 8, p99: 9 } },
    measurement: { observation: { completed: 3 }, histograms: noHistograms },
  } as unknown as Parameters<typeof latencyOfSteps>[0][number];
  expect(latencyOfSteps([carried])).toEqual({ p50Ms: 8, p99Ms: 9 });
});

test('the rate of the first snapshot is measured from the start of the step, and that of the next one from the first', () => {
  const snapshots = new Snapshots();
  snapshots.add(snapshot(0, 40), 14_000, 10_000);
  expect(snapshots.all[0]!.ratePerSecond).toBe(10);
  snapshots.add(snapshot(0, 70), 15_000, 10_000);
  expect(snapshots.all[0]!.ratePerSecond).toBe(30);
});

test('I7: a snapshot that is older than the last one of its step changes nothing; steps are in order, and ended ones are gone', () => {
  const snapshots = new Snapshots();
  snapshots.add(snapshot(1, 5), 1000, 0);
  snapshots.add(snapshot(0, 40), 1000, 0);
  snapshots.add(snapshot(0, 39), 2000, 0);
  expect(snapshots.all.map(({ stepIndex, completed }) => [stepIndex, completed])).toEqual([
    [0, 40],
    [1, 5],
  ]);
  snapshots.delete(1);
  expect(snapshots.all.map(({ stepIndex }) => stepIndex)).toEqual([0]);
});
