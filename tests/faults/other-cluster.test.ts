import { parseResult, type Ended } from '../support/cli';
import { Cluster } from '../support/cluster';
import { lanes } from '../support/variant';

jest.setTimeout(180_000);

let cluster: Cluster;
beforeAll(async () => (cluster = await Cluster.start({ generators: 1, roles: 'control' })));
afterAll(() => cluster.stop());

const load = [
  '--lanes',
  String(lanes),
  '--rate',
  '10',
  '--duration',
  '4s',
  '--ramp-up',
  '1s',
  '--max-p99',
  '1m',
  '--min-throughput',
  '1',
];
const run = (...args: string[]): Promise<Ended> =>
  cluster.home.run(['run', '-o', 'json', '--control-address', cluster.control.address, ...load, ...args]).ended;

test('the command and the workers must reach the same cluster; nothing is started on either', async () => {
  const ended = await run('--address', cluster.control.address);
  expect(ended.code).toBe(104);
  expect(parseResult(ended)).toMatchObject({ outcome: 'BAD_CONFIGURATION', ledger: { scheduled: 0 } });
  expect(parseResult(ended).error).toMatch(
    new RegExp(
      `^the workers send the load to ${cluster.target.address} \\(cluster .*\\), but the run was started for ${cluster.control.address} \\(cluster `,
    ),
  );
});

test('a generator and a host with another target than the control worker refuse their part; no load is sent', async () => {
  const target = cluster.target;
  // The control server is the other cluster.
  cluster.target = cluster.control;
  const wrong = await cluster.addWorker('generator,host');
  cluster.target = target;
  for (const executor of ['lean', 'sdk']) {
    const ended = await run('--executor', executor, ...(executor === 'sdk' ? ['--hosts', '1'] : []));
    const result = parseResult(ended);
    expect(result.error).toMatch(
      new RegExp(`reaches the cluster .* at ${cluster.control.address}, but the run measures the cluster `),
    );
    expect([ended.code, result.ledger.acknowledged]).toEqual([104, 0]);
    expect(result.system).toMatchObject({ address: target.address, clusterId: expect.stringMatching(/\w/) as string });
  }
  wrong.kill('SIGTERM');
  await wrong.ended;
});

test('consent is asked for the target of the workers, not only for --address', async () => {
  const [first] = cluster.workers;
  first!.kill('SIGTERM');
  await first!.ended;
  const local = cluster.target;
  // Not a loopback address, although it reaches the same server.
  cluster.target = { ...local, address: local.address.replace('127.0.0.1', '0.0.0.0') };
  await cluster.addWorker('control,generator');
  cluster.target = local;
  const refused = await run();
  expect(refused).toMatchObject({
    code: 104,
    stderr: expect.stringMatching(/^--yes is required to send load to another machine \(0\.0\.0\.0:\d+\)\n/) as string,
  });
  expect(parseResult(await run('--yes'))).toMatchObject({ outcome: 'PASSED' });
});

test('without a control worker the target is not known, and a run needs --yes', async () => {
  const ended = await run('--control-namespace', 'default', '--connect-timeout', '1s');
  expect(ended).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^no control worker answered within 11 s, so the target of the run is not known;/,
    ) as string,
  });
});
