import { setTimeout as sleep } from 'node:timers/promises';
import { temporal } from '@temporalio/proto';
import { eventually } from '../support/cli';
import { Cluster } from '../support/cluster';
import { checkAccount } from '../support/check-account';
import { expectPassed, expectSoundAccount } from '../support/result';
import { variant } from '../support/variant';

jest.setTimeout(300_000);

let cluster: Cluster;
afterEach(() => cluster.stop());

const load = { rate: 20, duration: '8s', rampUp: '1s', ...variant };

test('kill -9 of the control worker in setup: another one continues from there', async () => {
  cluster = await Cluster.start({ generators: 1 });
  await cluster.start('setup', load);
  const phase = await eventually('the setup', async () => {
    const now = await cluster.phase('setup').catch(() => 'starting');
    return now !== 'starting' && now;
  });
  process.kill(cluster.roles.control!, 'SIGKILL');
  expect(['health', 'namespace', 'system', 'hosts']).toContain(phase);
  const result = await cluster.ended('setup');
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  expectPassed(result);
  expect(result).toMatchObject({ ledger: { scheduled: 150, acknowledged: 150 } });
});

test('kill -9 of the control worker in the cleanup: it is done again, from the start, and comes to the same end', async () => {
  cluster = await Cluster.start({ generators: 1, withFrontend: true });
  const { CountWorkflowExecutionsRequest } = temporal.api.workflowservice.v1;
  let killed = false;
  cluster.frontend!.intercept('CountWorkflowExecutions', async (request, forward) => {
    const { query } = CountWorkflowExecutionsRequest.decode(request);
    // The first look for what still runs is the cleanup's.
    if (!killed && query.startsWith("ExecutionStatus = 'Running'")) {
      killed = true;
      process.kill(cluster.roles.control!, 'SIGKILL');
    }
    return await forward();
  });
  const result = await cluster.benchmark('cleanup', load);
  expect(killed).toBe(true);
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  expectPassed(result);
  expect(result).toMatchObject({ cleanup: { complete: true, stillRunning: 0 } });
  expect(await cluster.count(result.namespace, "ExecutionStatus = 'Running'")).toBe(0);
});

test('the control worker is away for 60 s: generators go on meanwhile, and the run ends as if nothing had happened', async () => {
  cluster = await Cluster.start({ roles: 'generator,host', generators: 1 });
  const control = await cluster.addWorker('control');
  await cluster.start('away', { ...load, duration: '75s' });
  await cluster.loading('away');
  for (const pid of [...cluster.pidsOf('control', control), control.child.pid!]) process.kill(pid, 'SIGKILL');
  await sleep(60_000);
  await cluster.addWorker('control');
  const result = await cluster.ended('away');
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  expectPassed(result);
  expect(result).toMatchObject({ ledger: { scheduled: 1490, acknowledged: 1490, recovered: 0 } });
  expect(result.timeline.shifts).toEqual([]);
});
