import { pendingHeartbeats } from '../../activities/observe/lane-heartbeats';
import type { LaneCheckpoint } from '../../orchestrator/activity-types';
import { CONTROL_NAMESPACE } from '../../orchestrator/names';
import { eventually } from '../support/cli';
import { Cluster } from '../support/cluster';
import { checkAccount } from '../support/check-account';
import { expectPassed, expectSoundAccount, sum } from '../support/result';
import { lanes, variant } from '../support/variant';

jest.setTimeout(240_000);

let cluster: Cluster;
afterEach(() => cluster.stop());

const load = { rate: 20, duration: '20s', rampUp: '1s', ...variant };

test('kill -9 of a generator in the ramp: the run continues, and every arrival is accounted for', async () => {
  cluster = await Cluster.start();
  await cluster.start('ramp', { ...load, rampUp: '8s' });
  await cluster.loading('ramp', 5);
  process.kill(await cluster.busyGenerator('ramp/step-1-1'), 'SIGKILL');
  const result = await cluster.ended('ramp');
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  const [ramp] = result.steps;
  expect(ramp).toMatchObject({ kind: 'ramp', ledger: { scheduled: 80 } });
  expect(ramp!.gapArrivals).toBeGreaterThan(10 / lanes);
  expect(result.steps.filter((step) => step.counted)).toMatchObject([{ kind: 'hold', ledger: { scheduled: 240 } }]);
  expectPassed(result);
});

test('kill -9 of a generator in the hold: it is run again, and both attempts are what the server has', async () => {
  cluster = await Cluster.start();
  await cluster.start('hold', load);
  await cluster.loading('hold');
  process.kill(await cluster.busyGenerator('hold/step-2-1'), 'SIGKILL');
  const result = await cluster.ended('hold');
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  const holds = result.steps.filter((step) => step.kind === 'hold');
  expect(holds.map(({ attempt, counted, ledger }) => [attempt, counted, ledger.scheduled])).toEqual([
    [1, false, 380],
    [2, true, 380],
  ]);
  expect(sum(holds[0]!.ledger.skipped)).toBeGreaterThan(20 / lanes);
  expectPassed(result);
});

test('kill -9 of a generator that sends messages to its workflows: reconciliation sends the rest', async () => {
  // Far from the target a conversation takes a second, so that the generator dies in the middle of many.
  cluster = await Cluster.start({ withNetwork: true });
  cluster.network!.delay(50);
  const mix = 'signal=1,update=1,update-with-start=1,query=1';
  await cluster.start('messages', { ...load, duration: '12s', workload: 'mix', mix, messages: 5, stepAttempts: 1 });
  await cluster.loading('messages');
  process.kill(await cluster.busyGenerator('messages/step-2-1'), 'SIGKILL');
  const result = await cluster.ended('messages');
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  expect(sum(result.steps[1]!.ledger.skipped)).toBeGreaterThan(20 / lanes);
  expect(result.server.counts).toMatchObject({ open: 0, completed: result.server.counts.total });
  expect(result.cleanup).toMatchObject({ complete: true, terminated: 0 });
});

test('kill -9 of a generator in the drain: what it alone had seen is lost, so the hold is run again', async () => {
  cluster = await Cluster.start();
  await cluster.start('drain', { ...load, duration: '9s', workload: 'timer', timerDuration: '6s' });
  const { connection } = cluster.control;
  await eventually('the drain of the hold', async () => {
    const lanes = await pendingHeartbeats<LaneCheckpoint>(
      connection,
      CONTROL_NAMESPACE,
      'drain/step-2-1',
      'generateLoad',
    ).catch(() => []);
    return lanes.some(({ phase }) => phase === 'settling');
  });
  process.kill(await cluster.busyGenerator('drain/step-2-1'), 'SIGKILL');
  const result = await cluster.ended('drain');
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  const holds = result.steps.filter((step) => step.kind === 'hold');
  expect(holds.map(({ attempt, counted, gapArrivals }) => [attempt, counted, gapArrivals])).toEqual([
    [1, false, 0],
    [2, true, 0],
  ]);
  expect(holds.map(({ ledger }) => ledger)).toMatchObject([{ acknowledged: 160 }, { acknowledged: 160 }]);
  expect(result.notes.join()).toMatch(/lost a generator and its latency samples, so it was repeated/);
  expectPassed(result);
});

test('SIGTERM of a load worker hands its lane over without a gap: every arrival is sent, by one or the other', async () => {
  cluster = await Cluster.start({ roles: 'control,host' });
  await cluster.addWorker('generator');
  await cluster.addWorker('generator');
  await cluster.start('handed-over', { ...load, duration: '30s' });
  await cluster.loading('handed-over');
  const busy = await cluster.busyGenerator('handed-over/step-2-1');
  const leaving = cluster.workers.find((worker) => cluster.pidsOf('generator', worker).includes(busy))!;
  leaving.kill('SIGTERM');
  expect(await leaving.ended).toMatchObject({ code: 0 });
  const result = await cluster.ended('handed-over');
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  const holds = result.steps.filter((step) => step.kind === 'hold');
  expect(holds).toMatchObject([
    { attempt: 1, counted: true, gapArrivals: 0, ledger: { scheduled: 580, skipped: {}, rejected: {} } },
  ]);
  // What the first one sent after its last word was found on the server.
  expect(holds[0]!.ledger.recovered).toBeGreaterThan(20 / lanes);
  expect(holds[0]!.ledger.acknowledged + holds[0]!.ledger.recovered).toBe(580);
  expect(result.generators.map(({ attempts }) => attempts)).toContain(2);
  expectPassed(result);
});
