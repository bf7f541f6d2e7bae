import { eventually } from '../support/cli';
import { Cluster } from '../support/cluster';
import { checkAccount } from '../support/check-account';
import { expectSoundAccount } from '../support/result';
import { variant } from '../support/variant';

jest.setTimeout(240_000);

let cluster: Cluster;
afterEach(() => cluster.stop());

const load = { rate: 20, duration: '20s', rampUp: '1s', ...variant, executor: 'sdk' };

test('a host that dies in mid-run: completions stall and recover, every workflow completes, and the hold is INVALID', async () => {
  cluster = await Cluster.start({ generators: 1 });
  await cluster.start('hostless', load);
  await cluster.loading('hostless');
  const [first] = cluster.hostPids();
  process.kill(first!, 'SIGKILL');
  // Its successor too, before it has said a word: the two are away for longer than a hold may miss them.
  process.kill(await eventually('another host', () => cluster.hostPids().find((pid) => pid !== first)), 'SIGKILL');
  const result = await cluster.ended('hostless');
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  expect(result.server.counts).toMatchObject({ total: 390, completed: 390 });
  expect(result.hosts).toMatchObject([{ restarts: 2 }]);
  // In the series: a second without completions, then one with more than arrive in it.
  const [scheduled, completed] = [
    result.series.columns.indexOf('scheduled'),
    result.series.columns.indexOf('completed'),
  ];
  const inHold = result.series.points.filter((point) => point[scheduled]! > 0).map((point) => point[completed]!);
  expect(Math.min(...inHold.slice(3))).toBe(0);
  expect(Math.max(...inHold)).toBeGreaterThan(30);
  expect(result.outcome).toBe('INVALID');
  expect(result.validity.reasons.join()).toMatch(/host 0 did not report for \d\.\d s of the hold/);
});

test('no host is left: completions stop, the run reports it, ends at the completion timeout and cleans up', async () => {
  cluster = await Cluster.start({ roles: 'control,generator', generators: 1 });
  const host = await cluster.addWorker('host');
  await cluster.start('gone', { ...load, completionTimeout: '5s' });
  await cluster.loading('gone');
  const pids = [...cluster.hostPids(host), ...cluster.pidsOf('host', host), host.child.pid!];
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  const result = await cluster.ended('gone');
  expectSoundAccount(result);
  await checkAccount(cluster.target, result);
  expect(result.server.counts.open).toBeGreaterThan(200);
  expect(result.cleanup).toMatchObject({ complete: true, terminated: result.server.counts.open });
  expect(result).toMatchObject({ exitCode: 111, outcomes: ['INVALID', 'FAILED'] });
  expect(result.validity.reasons.join()).toMatch(/host 0 did not report for 1\d\.\d s of the hold/);
  // Other work on this machine may be named first.
  const [first] = result.findings.filter(({ name }) => name !== "no CPU left on the generators' machine");
  expect(first!.name).toBe('limited by the benchmark itself: host availability');
  expect(await cluster.count(result.namespace, "ExecutionStatus = 'Running'")).toBe(0);
});
