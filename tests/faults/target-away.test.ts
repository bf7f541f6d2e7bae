import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from '../support/cluster';
import { checkAccount } from '../support/check-account';
import { throttled } from '../support/frontend';
import { expectSoundAccount, sum } from '../support/result';
import { lanes, variant } from '../support/variant';

jest.setTimeout(240_000);

let cluster: Cluster;
afterEach(() => cluster.stop());

const load = { rate: 20, duration: '20s', rampUp: '1s', ...variant };

test('the target is stopped for 20 s and started again: the offered load stays, and every arrival is accounted for', async () => {
  cluster = await Cluster.start({ generators: 1, targetOnDisk: true });
  await cluster.start('stopped', { ...load, rate: 10, duration: '32s' });
  await cluster.loading('stopped', 20);
  await cluster.stopTarget();
  await sleep(20_000);
  await cluster.startTarget();
  const result = await cluster.ended('stopped');
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  expect(result.ledger.scheduled).toBe(315);
  expect(sum(result.ledger.rejected)).toBeGreaterThan(150);
  expect(result.ledger.acknowledged + result.ledger.recovered).toBeGreaterThan(85);
  expect(result.outcomes).toContain('FAILED');
  expect(result.timeline.shifts).toEqual([]);
});

test('a generator that stands still and wakes after its lane was taken over sends nothing more', async () => {
  cluster = await Cluster.start({ generators: 2 });
  await cluster.start('zombie', { ...load, duration: '30s' });
  await cluster.loading('zombie');
  const busy = await cluster.busyGenerator('zombie/step-2-1');
  expect(cluster.pidsOf('generator')).toContain(busy);
  process.kill(busy, 'SIGSTOP');
  setTimeout(() => process.kill(busy, 'SIGCONT'), 12_000);
  const result = await cluster.ended('zombie');
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  const [first, again] = result.steps.filter((step) => step.kind === 'hold');
  expect(first!.ledger.scheduled).toBe(580);
  expect(first!.gapArrivals).toBeGreaterThan(80 / lanes);
  expect(again).toMatchObject({ attempt: 2, counted: true, ledger: { scheduled: 580 } });
});

test('a rate limit sets in in mid-run: counted by cause and scope, the offered rate stays, the setting is named', async () => {
  cluster = await Cluster.start({ generators: 1, withFrontend: true });
  await cluster.start('throttled', load);
  await cluster.loading('throttled');
  cluster.frontend!.intercept('StartWorkflowExecution', () => Promise.reject(throttled()));
  setTimeout(() => cluster.frontend!.release('StartWorkflowExecution'), 5000);
  const result = await cluster.ended('throttled');
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  const { acknowledged, rejected, scheduled } = result.ledger;
  expect(scheduled).toBe(390);
  expect(Object.keys(rejected)).toEqual(['RESOURCE_EXHAUSTED/RPS_LIMIT/namespace']);
  expect(sum(rejected)).toBeGreaterThan(80);
  expect(acknowledged + sum(rejected)).toBe(scheduled);
  expect(result).toMatchObject({ outcome: 'FAILED', exitCode: 99 });
  expect(result.findings[0]).toMatchObject({ knob: 'frontend.namespaceRPS' });
});
