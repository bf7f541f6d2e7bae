import { temporal } from '@temporalio/proto';
import { abortUpdate } from '../../orchestrator/messages';
import { eventually, Home, parseResult } from '../support/cli';
import { checkAccount } from '../support/check-account';
import { Cluster } from '../support/cluster';
import { expectSoundAccount } from '../support/result';
import { variant, variantFlags } from '../support/variant';

jest.setTimeout(300_000);

const SCHEDULED = temporal.api.enums.v1.PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED;
/** A run that was told to end writes its report within this time. */
const MINUTE_MS = 60_000;

describe('no generator is left', () => {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = await Cluster.start({ roles: 'control,host' });
    const worker = await cluster.addWorker('generator');
    await cluster.start('alone', { rate: 20, duration: '20s', rampUp: '1s', ...variant });
    await cluster.loading('alone');
    for (const pid of [...cluster.pidsOf('generator', worker), worker.child.pid!]) process.kill(pid, 'SIGKILL');
  });
  afterEach(() => cluster.stop());

  /** Whether the server has given up a lane's generator and offers the lane to another one. */
  async function isLaneWaiting(): Promise<boolean> {
    const { pendingChildren } = (await cluster.client.workflow.getHandle('alone').describe()).raw;
    const steps = (pendingChildren ?? []).map(({ workflowId }) => workflowId!);
    const pending = await Promise.all(steps.map((id) => cluster.client.workflow.getHandle(id).describe()));
    return pending
      .flatMap(({ raw }) => raw.pendingActivities ?? [])
      .some(
        ({ activityType, attempt, state }) =>
          activityType?.name === 'generateLoad' && attempt! > 1 && state === SCHEDULED,
      );
  }

  test('L2: the run ends by itself, and its account is that of the last heartbeats and of the server', async () => {
    const result = await cluster.ended('alone');
    expectSoundAccount(result);
    await checkAccount(cluster.target, result);
    expect(result.outcomes).toContain('ERROR');
    expect(result.error).toMatch(/generator/);
    expect(result.ledger.acknowledged + result.ledger.recovered).toBeGreaterThan(0);
  });

  test('L3: an abort while a lane waits for another generator ends the run, and loses nothing of what was sent', async () => {
    await eventually('a lane that waits for a generator', isLaneWaiting, MINUTE_MS);
    const abortedAt = performance.now();
    await cluster.client.workflow
      .getHandle('alone')
      .executeUpdate(abortUpdate, { args: [{ reason: 'nobody is left' }] });
    const result = await cluster.ended('alone');
    expect(performance.now() - abortedAt).toBeLessThan(MINUTE_MS);
    expectSoundAccount(result);
    await checkAccount(cluster.target, result);
    expect(result).toMatchObject({ outcome: 'ABORTED', abortReason: 'nobody is left' });
    expect(result.ledger.acknowledged + result.ledger.recovered).toBeGreaterThan(0);
  });
});

test('L7: SIGTERM ends a run within a minute, whatever its workflows wait for, and the report names the signal', async () => {
  const home = new Home();
  try {
    const load = [
      '--workload',
      'timer',
      '--timer-duration',
      '10m',
      '--rate',
      '5',
      '--duration',
      '60s',
      '--ramp-up',
      '1s',
    ];
    const command = home.run(['run', '-o', 'json', ...load, ...variantFlags]);
    await command.says(/hold 2\/2/);
    const toldAt = performance.now();
    command.kill('SIGTERM');
    const ended = await command.ended;
    expect(performance.now() - toldAt).toBeLessThan(MINUTE_MS);
    const result = parseResult(ended);
    expectSoundAccount(result);
    expect(ended.code).toBe(105);
    expect(result).toMatchObject({
      outcome: 'ABORTED',
      abortReason: 'interrupted by SIGTERM',
      cleanup: { complete: true },
    });
    expect(result.server.counts).toMatchObject({ completed: 0 });
    expect(home.sessions).toEqual([]);
  } finally {
    await home.leave();
  }
});
