import { Client } from '@temporalio/client';
import { eventually, Home, isAlive, type Command } from '../support/cli';
import { startTestServer, type TestServer } from '../support/server';
import { variantFlags } from '../support/variant';

jest.setTimeout(180_000);

let target: TestServer;
beforeAll(async () => (target = await startTestServer()));
afterAll(() => target.close());

let home: Home;
beforeEach(() => (home = new Home()));
afterEach(() => home.leave());

/** A run on a target of the user's whose workflows wait for ten minutes, and its namespace. */
async function waiting(workflowId: string): Promise<{ command: Command; namespace: string }> {
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
  const at = ['--address', target.address, ...variantFlags, '--completion-timeout', '11m'];
  const command = home.run(['run', '--workflow-id', workflowId, ...at, ...load]);
  await command.says(/hold 2\/2 /);
  const namespace = await eventually('the namespace', async () => {
    const { namespaces } = await target.connection.workflowService.listNamespaces({ pageSize: 100 });
    return namespaces.map((one) => one.namespaceInfo?.name ?? '').find((name) => name.includes(`-${workflowId}-`));
  });
  await eventually('open workflows', async () => (await running(namespace)) > 5);
  return { command, namespace };
}

async function running(namespace: string): Promise<number> {
  const client = new Client({ connection: target.connection, namespace });
  return (await client.workflow.count("ExecutionStatus = 'Running'")).count;
}

test('cleanup of a run that its command has left ends its workflows on the target of the user', async () => {
  const { command, namespace } = await waiting('left');
  command.kill('SIGINT');
  await command.says(/Press Ctrl-C again/);
  command.kill('SIGINT');
  expect((await command.ended).code).toBe(105);
  const cleaned = await home.run(['cleanup', 'left']).ended;
  expect([cleaned.code, cleaned.stderr]).toEqual([0, '']);
  expect(cleaned.stdout).toMatch(
    new RegExp(`^left: its processes were .*\n${namespace}: \\d+ workflows terminated\n$`),
  );
  expect(await running(namespace)).toBe(0);
  expect(home.sessions).toEqual([]);
});

test('cleanup of a run whose processes were killed ends its workflows on the target of the user', async () => {
  const { command, namespace } = await waiting('killed');
  const pids = Object.values(home.pids);
  command.kill('SIGKILL');
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await eventually('the end of its processes', () => !pids.some(isAlive));
  const cleaned = await home.run(['cleanup', 'killed']).ended;
  expect([cleaned.code, cleaned.stderr]).toEqual([0, '']);
  expect(cleaned.stdout).toMatch(new RegExp(`\n${namespace}: [1-9]\\d* workflows terminated\n$`));
  expect(await running(namespace)).toBe(0);
});

test('a target that is away: cleanup says what stays there, and with which command it is ended', async () => {
  const own = await startTestServer();
  const at = ['--address', own.address, ...variantFlags, '--rate', '5', '--duration', '60s', '--ramp-up', '1s'];
  const command = home.run(['run', '--workflow-id', 'away', ...at]);
  await command.says(/hold 2\/2 /);
  const pids = Object.values(home.pids);
  command.kill('SIGKILL');
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await own.close();
  const cleaned = await home.run(['cleanup', 'away']).ended;
  expect(cleaned).toMatchObject({
    code: 113,
    stderr: expect.stringMatching(
      /^Warning: the target could not be cleaned up: .*\nTo finish the cleanup: benchmark cleanup benchmark-away-\w{8} --address …\n$/,
    ) as string,
  });
  expect(home.sessions).toEqual([]);
});
