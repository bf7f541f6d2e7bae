import { Cluster } from '../support/cluster';
import { checkAccount } from '../support/check-account';
import { expectPassed, expectSoundAccount, sum } from '../support/result';
import { variant } from '../support/variant';

jest.setTimeout(240_000);

let cluster: Cluster;
afterEach(() => cluster.stop());

const load = { rate: 20, duration: '20s', rampUp: '1s', ...variant };

test('every connection is cut, and for 3 s none can be made: unsent arrivals are counted, and the load continues', async () => {
  cluster = await Cluster.start({ generators: 1, withNetwork: true });
  await cluster.start('cut', load);
  await cluster.loading('cut');
  cluster.network!.cut(3000);
  const result = await cluster.ended('cut');
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  expect(result.steps.find(({ counted }) => counted)!.ledger.scheduled).toBe(380);
  expect(result.ledger.acknowledged + result.ledger.recovered).toBeGreaterThan(250);
  expect(result.timeline.shifts).toEqual([]);
});

test('connections are half-open: new ones are made, and no arrival is forgotten or omitted', async () => {
  cluster = await Cluster.start({ generators: 1, withNetwork: true });
  await cluster.start('half-open', { ...load, rate: 10, duration: '55s' });
  await cluster.loading('half-open');
  expect(cluster.network!.halfOpen()).toBeGreaterThan(2);
  const result = await cluster.ended('half-open');
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  expect(result.steps.find(({ counted }) => counted)!.ledger.scheduled).toBe(540);
  // Nobody answers until the ping fails, at most 17 s later; what was sent by then never arrived.
  expect(sum(result.ledger.rejected)).toBeGreaterThan(10);
  expect(sum(result.ledger.rejected)).toBeLessThan(250);
  expect(result.outcomes).toContain('FAILED');
});

test('200 ms more on the network: they show in every latency, and are no fault of the generator', async () => {
  cluster = await Cluster.start({ generators: 1, withNetwork: true });
  cluster.network!.delay(100);
  const result = await cluster.benchmark('far', load);
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  expectPassed(result);
  expect(result.ledger).toMatchObject({ scheduled: 390, acknowledged: 390 });
  expect(result.results.startLatency.p50).toBeGreaterThan(200);
  expect(result.results.latency.p50).toBeGreaterThan(400);
  expect(result.results.scheduleLag.p50).toBeLessThan(5);
});

test('300 ms more on each round trip to the control server: every step starts in time, and the run passes', async () => {
  cluster = await Cluster.start({ generators: 1, withControlNetwork: true });
  cluster.controlNetwork!.delay(150);
  const result = await cluster.benchmark('far-control', load);
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  expectPassed(result);
  expect(result.ledger).toMatchObject({ scheduled: 390, acknowledged: 390 });
  expect(result.steps.map(({ attempt }) => attempt)).toEqual([1, 1]);
  expect(result.validity.checks.filter(({ ok }) => !ok)).toEqual([]);
  // The load does not cross this network.
  expect(result.results.startLatency.p50).toBeLessThan(100);
});
