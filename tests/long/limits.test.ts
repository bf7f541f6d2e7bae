import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from '../support/cluster';
import { Home, isAlive } from '../support/cli';
import { throttled, type Intercept } from '../support/frontend';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(120_000);

const short = { rate: 20, duration: '3s', rampUp: '500ms', lanes: 1, minThroughput: 1, maxP99: '1m' };

test('rate-limited by a real server: the offered rate stays, cause and scope are counted, and the setting is named', async () => {
  const cluster = await Cluster.start({
    generators: 1,
    targetConfig: ['frontend.namespaceRPS=40', 'frontend.namespaceBurstRatio=1'],
  });
  const result = await cluster.benchmark('limited', { ...short, rate: 60, duration: '5s' });
  expectSoundAccount(result);
  expect(result.ledger.scheduled).toBe(285);
  expect(result.ledger.rejected['RESOURCE_EXHAUSTED/RPS_LIMIT/namespace']).toBeGreaterThan(30);
  expect(result.outcomes).toContain('FAILED');
  expect(result.findings[0]).toMatchObject({ name: 'namespace rate limit', knob: 'frontend.namespaceRPS' });
  // The details in the Temporal UI name it too.
  const { workflow } = cluster.client;
  const shown = await workflow.getHandle('limited').query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  expect(shown.currentDetails).toMatch(/namespace rate limit.*frontend\.namespaceRPS/);
  await cluster.stop();
});

test('memory pressure in a generator: the in-flight cap falls, with a warning, and what is not sent is counted', async () => {
  const env = { BENCHMARK_MEMORY_LIMIT: String(2 ** 20), BENCHMARK_METRICS_ADDRESS: 'off' };
  const cluster = await Cluster.start({ generators: 1, withFrontend: true, env });
  const slow: Intercept = async (_request, forward) => {
    await sleep(1500);
    return await forward();
  };
  cluster.frontend!.intercept('StartWorkflowExecution', slow);
  const result = await cluster.benchmark('short-of-memory', { ...short, rate: 30, duration: '8s' });
  expectSoundAccount(result);
  expect(result.ledger.scheduled).toBe(232);
  expect(result.ledger.skipped['memory-pressure']).toBeGreaterThan(20);
  expect(result.notes.join()).toMatch(/generator@.* ran low on memory: its in-flight cap was lowered/);
  expect(cluster.worker.stderr).toMatch(/memory pressure: in-flight cap lowered/);
  await cluster.stop();
});

test('a worker refuses more than BENCHMARK_MAX_RATE from every client', async () => {
  const cluster = await Cluster.start({ generators: 1, env: { BENCHMARK_MAX_RATE: '15' } });
  await cluster.start('too-fast', short);
  const { result, error } = await cluster.outcome('too-fast');
  expect(error).toMatch(/the rate 20\/s exceeds BENCHMARK_MAX_RATE of this worker \(15 workflow starts per second\)/);
  expect(result).toMatchObject({ exitCode: 104, ledger: { scheduled: 0 }, cleanup: { complete: true } });
  await cluster.stop();
});

test('the metrics port is taken: a warning, and the run continues', async () => {
  const home = new Home();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const ended = await home.benchmark('--rate', '10', '--duration', '3s', '--metrics-address', `127.0.0.1:${port}`);
  expect(ended.stderr).toMatch(new RegExp(`Warning: metrics cannot be served on 127.0.0.1:${port} .*EADDRINUSE`));
  expect(ended.code).toBe(0);
  expectSoundAccount(ended.result);
  taken.close();
  await home.leave();
});

test('abortOn: too many errors over a window end the run early, with the reason, and the account closes', async () => {
  const cluster = await Cluster.start({ generators: 1, withFrontend: true });
  cluster.frontend!.intercept('StartWorkflowExecution', () => Promise.reject(throttled()));
  const startedAt = Date.now();
  const limits = { abortOnErrorRate: 0.5, abortWindow: '4s' };
  const result = await cluster.benchmark('aborting', { ...short, duration: '90s', ...limits });
  expect(Date.now() - startedAt).toBeLessThan(60_000);
  expectSoundAccount(result);
  expect(result).toMatchObject({ outcome: 'ABORTED', exitCode: 105 });
  expect(result.abortReason).toMatch(/^100\.0 % of the starts failed over the last \d s; abortOnErrorRate is 50\.0 %$/);
  expect(result.cleanup).toMatchObject({ complete: true });
  await cluster.stop();
});

test('abortOn: a backlog that nobody works off ends the run early', async () => {
  const cluster = await Cluster.start({ generators: 1 });
  const limits = { executor: 'sdk', abortOnBacklogAge: '2s', abortWindow: '4s', completionTimeout: '3s' };
  await cluster.start('backlog', { ...short, duration: '90s', ...limits });
  await cluster.loading('backlog', 10);
  for (const pid of cluster.hostPids()) process.kill(pid, 'SIGSTOP');
  const { result } = await cluster.outcome('backlog');
  expect(result).toMatchObject({ outcome: 'ABORTED', exitCode: 105 });
  expect(result!.abortReason).toMatch(/^the backlog of the task queue was at least \d+\.\d s old over the last/);
  // A host that hangs has not kept the run from ending.
  expect(cluster.hostPids().filter(isAlive)).toEqual([]);
  await cluster.stop();
});
