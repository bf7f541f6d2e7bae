import { Client } from '@temporalio/client';
import { BAD_SPEC } from '../../orchestrator/benchmark-types';
import { abortUpdate, progressQuery } from '../../orchestrator/messages';
import { serverTimeMs } from '../../temporal/server-clock';
import { Cluster } from '../support/cluster';
import { eventually, parseResult } from '../support/cli';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(120_000);

let cluster: Cluster;
// As many generators as a run has lanes that is told nothing.
beforeAll(async () => (cluster = await Cluster.start({ generators: 4 })));
afterAll(() => cluster.stop());

const short = { rate: 20, duration: '4s', rampUp: '1s', lanes: 2, minThroughput: 1, maxP99: '1m' };

test('the temporal CLI starts a run with {}: every field has a default, progress answers, abort ends it with a report', async () => {
  const started = cluster.temporalCli(
    ...['workflow', 'start', '--type', 'BenchmarkRun', '--task-queue', 'benchmark-control', '--workflow-id', 'by-cli'],
    ...['--input', '{}'],
  );
  expect(started.status).toBe(0);
  const handle = cluster.client.workflow.getHandle('by-cli');
  const early = await handle.query(progressQuery);
  expect(early).toMatchObject({ scheduled: 0, runId: expect.stringMatching(/^by-cli-[0-9a-f]{8}$/) as string });
  const phase = await eventually('the load', async () => {
    const progress = await handle.query(progressQuery);
    return progress.phase === 'load' && progress.scheduled > 0 && progress;
  });
  expect(phase).toMatchObject({ targetRate: expect.any(Number) as number, loadDurationMs: 300_000 });
  await expect(handle.executeUpdate(abortUpdate, { args: [{ reason: 5 as never }] })).rejects.toMatchObject({
    cause: { type: 'BadAbortRequest' },
  });
  await handle.executeUpdate(abortUpdate, { args: [{ reason: 'seen enough' }] });
  const { result } = await cluster.outcome('by-cli');
  expect(result).toMatchObject({ outcome: 'ABORTED', exitCode: 105, abortReason: 'seen enough' });
  expect(result!.config).toMatchObject({ rate: 100, duration: '5m', rampUp: '30s', workload: 'simple' });
  expectSoundAccount(result!);
  // After the end the query is still answered, and progress has not gone back.
  const late = await handle.query(progressQuery);
  expect(late).toMatchObject({ phase: 'done', aborted: 'seen enough' });
  expect(late.scheduled).toBeGreaterThanOrEqual(phase.scheduled);
  const again = await cluster.home.run(['abort', 'by-cli', '--control-address', cluster.control.address]).ended;
  expect(again).toMatchObject({
    code: 1,
    stderr: 'the run by-cli has ended. To see its result: benchmark show by-cli\n',
  });
});

test('a bad input fails the workflow at once, with every problem, and is not retried', async () => {
  await cluster.start('bad', { rate: -5, duration: 'soon', colour: 'red' });
  const { error, failureType, result } = await cluster.outcome('bad');
  expect(failureType).toBe(BAD_SPEC);
  expect(result).toBeUndefined();
  expect(error!.split('\n')).toEqual([
    expect.stringMatching(/^rate: -5 is invalid; expected a number above 0/),
    expect.stringMatching(/^duration: "soon" is invalid; expected a duration such as 90s/),
    expect.stringMatching(/^colour is not a field of a spec; expected one of workload, mix/),
  ]);
});

test('a canceled run cleans up and still reports: ABORTED', async () => {
  await cluster.start('cancelled', { ...short, duration: '60s' });
  const handle = cluster.client.workflow.getHandle('cancelled');
  await eventually('the load', async () => (await handle.query(progressQuery)).scheduled > 0);
  const cleanup = await cluster.home.run(['cleanup', '--all', '--yes', '--address', cluster.target.address]).ended;
  expect(cleanup).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(
      /^the run cancelled-\w+ may be in progress: .*\nNothing was cleaned up\.\n$/,
    ) as string,
  });
  const { connection } = cluster.target;
  const serverTime = await serverTimeMs(connection, 'default');
  expect(Math.abs(serverTime! - Date.now())).toBeLessThan(5000);
  await handle.cancel();
  const { result } = await cluster.outcome('cancelled');
  expect(result).toMatchObject({
    outcome: 'ABORTED',
    abortReason: 'canceled',
    cleanup: { complete: true, stillRunning: 0 },
  });
  expectSoundAccount(result!);
});

test('two lanes share a ramp and a Poisson hold, and the target counts what the account says', async () => {
  const result = await cluster.benchmark('poisson', { ...short, arrivals: 'poisson', seed: 7 });
  expectSoundAccount(result);
  expect(result.generators.map(({ identity }) => identity).filter((id, i, all) => all.indexOf(id) === i)).toHaveLength(
    2,
  );
  expect(await cluster.count(result.namespace)).toBe(result.server.counts.total);
  // P12: nothing runs after cleanup.
  expect(await cluster.count(result.namespace, "ExecutionStatus = 'Running'")).toBe(0);
  const again = await cluster.benchmark('poisson-again', { ...short, arrivals: 'poisson', seed: 7 });
  expect(again.ledger.scheduled).toBe(result.ledger.scheduled);
});

test('P11: in an existing namespace only the workflows of the run are touched', async () => {
  const { connection } = cluster.target;
  await connection.workflowService.registerNamespace({
    namespace: 'shared',
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  const client = new Client({ connection, namespace: 'shared' });
  await eventually('the namespace', () =>
    client.workflow.start('NobodyRunsThis', { workflowId: 'not-ours', taskQueue: 'nobody' }).then(
      () => true,
      () => false,
    ),
  );
  const result = await cluster.benchmark('in-shared', { ...short, namespace: 'shared' });
  expectSoundAccount(result);
  expect(result).toMatchObject({ namespace: 'shared', outcome: 'PASSED' });
  expect(await client.workflow.getHandle('not-ours').describe()).toMatchObject({ status: { name: 'RUNNING' } });
  expect(await cluster.count('shared', `WorkflowId STARTS_WITH '${result.runId}/'`)).toBe(result.server.counts.total);
  // R8.1: cleaning up refuses a namespace that no run registered, and IDs that are not those of a run's workflows.
  const { workflow } = client;
  await workflow.start('NobodyRunsThis', { workflowId: 'orders-1a2b3c4d/1', taskQueue: 'nobody' });
  const cleanup = async (...args: string[]) => {
    const { code, stderr } = await cluster.home.run(['cleanup', ...args, '--yes', '--address', cluster.target.address])
      .ended;
    return [code, stderr];
  };
  expect(
    await Promise.all([
      cleanup('shared'),
      cleanup('orders', '-n', 'shared'),
      cleanup("x' OR WorkflowId STARTS_WITH 'n", '-n', 'shared'),
      cleanup('orders-1a2b3c4d', '-n', 'shared'),
      cleanup('orders-1a2b3c4e', '-n', 'shared'),
      cleanup('orders-1a2b3c4e', '-n', 'nowhere'),
    ]),
  ).toEqual([
    [1, expect.stringMatching(/^shared is not a namespace that this tool registered on /)],
    [104, expect.stringMatching(/^the argument \[name\]: "orders" is invalid; expected the ID of a run/)],
    [104, expect.stringMatching(/^the argument \[name\]: "x' OR .*" is invalid; expected the ID of a run/)],
    [
      1,
      expect.stringMatching(/^the namespace shared has workflows that this tool did not start.*: orders-1a2b3c4d\/1\./),
    ],
    [1, expect.stringMatching(/^there is no workflow of the run orders-1a2b3c4e in the namespace shared on /)],
    [1, expect.stringMatching(/^the namespace "nowhere" does not exist on /)],
  ]);
  for (const id of ['orders-1a2b3c4d/1', 'not-ours'])
    expect(await workflow.getHandle(id).describe()).toMatchObject({ status: { name: 'RUNNING' } });
});

test('a staircase that is told to stops at the first hold that fails, and names it and the highest that passed', async () => {
  const result = await cluster.benchmark('staircase', {
    stages: [10, 20, 30],
    // The second hold is still running when the first one has been judged, also on a busy machine.
    hold: '12s',
    rampUp: '1s',
    lanes: 1,
    stopOnFail: true,
    maxP99: '1ms',
  });
  expect(result).toMatchObject({ outcome: 'FAILED', exitCode: 99 });
  expect(result.staircase).toMatchObject({ highestPassedRate: null, firstFailedRate: 10 });
  expect(result.staircase!.reasons.join()).toMatch(/p99 latency .* exceeds the maximum of 1 ms/);
  expect(result.steps.filter((step) => step.kind === 'hold' && step.counted)).toHaveLength(1);
  expectSoundAccount(result);
});

test('iterations are judged each by itself and told together; the warm-up is accounted for and left out', async () => {
  const spec = { rate: 10, duration: '4s', rampUp: '1s', lanes: 2, iterations: 3, warmUp: true };
  const result = await cluster.benchmark('iterations', spec);
  expectSoundAccount(result);
  expect(result.ledger.scheduled).toBe(3 * 35);
  expect(result.iterations).toMatchObject({ count: 2, each: [{ iteration: 2 }, { iteration: 3 }] });
  expect(result.results.latency.count).toBe(60);
  const { low, mean, high } = result.iterations!.means.p50;
  expect(low!).toBeLessThanOrEqual(mean);
  expect(high!).toBeGreaterThanOrEqual(mean);
});

test('where too many completions would be awaited at once a sample is, and the server counts the throughput', async () => {
  const result = await cluster.benchmark('sampled', {
    ...short,
    executor: 'sdk',
    rate: 40,
    duration: '6s',
    maxP99: '1m',
  });
  expectSoundAccount(result);
  expect(result.completion).toMatchObject({ observed: 'sample', throughputFrom: 'server', lost: 0 });
  expect(result.completion.share).toBeCloseTo(0.25);
  expect(result.completion.chosen).toBeLessThan(0.45 * result.ledger.acknowledged);
  expect(result.completion.chosen).toBeGreaterThan(0.1 * result.ledger.acknowledged);
  // The sample alone would give 10/s. A busy machine moves completions beyond the end of the short hold.
  expect(result.results.actualRate).toBeGreaterThan(0.5 * 40);
  expect(result.results.actualRate).toBeLessThan(1.1 * 40);
});

test('more lanes than generators: the run fails rather than start short', async () => {
  await cluster.start('too-few', { ...short, lanes: 5 });
  const { result, error } = await cluster.outcome('too-few');
  expect(error).toMatch(
    /the run needs 5 free generators, but finds 4; start more with: benchmark worker --roles generator --generators 1/,
  );
  expect(result).toMatchObject({ outcome: 'ERROR', exitCode: 1, cleanup: { complete: true } });
});

test('without search attributes, the outcome of a run is in its memo', async () => {
  await cluster.start('in-memo', { ...short, duration: '2s', rampUp: '500ms' }, { findBy: 'memo' });
  const { outcome, runId } = await cluster.ended('in-memo');
  expect((await cluster.client.workflow.getHandle('in-memo').describe()).memo).toMatchObject({ outcome, runId });
});

test('benchmark cleanup deletes the namespaces that runs registered, and no other', async () => {
  const result = await cluster.benchmark('to-clean', short);
  const args = ['cleanup', result.namespace, '--address', cluster.target.address];
  expect(await cluster.home.run(args).ended).toMatchObject({
    code: 104,
    stderr: `--yes is required to delete the namespace ${result.namespace} on ${cluster.target.address}\n`,
  });
  const cleaned = await cluster.home.run([...args, '--yes']).ended;
  expect(cleaned).toMatchObject({
    code: 0,
    stdout: `${result.namespace}: 0 workflows terminated, namespace deleted\n`,
  });
  await expect(
    cluster.target.connection.workflowService.describeNamespace({ namespace: result.namespace }),
  ).rejects.toThrow(/not found/i);
});

test('a container that is started again continues its run, also one that is over, and never starts another', async () => {
  const at = ['--control-address', cluster.control.address, '--address', cluster.target.address];
  const spec = { BENCHMARK_SPEC: '{"rate": 10, "duration": "3s", "rampUp": "500ms", "lanes": 1}' };
  const env = { ...spec, BENCHMARK_COMMAND: 'run', BENCHMARK_ATTACH: 'true', BENCHMARK_WORKFLOW_ID: 'restarted' };
  const container = () => cluster.home.run([...at, '-o', 'json'], env);
  const first = parseResult(await container().ended);
  expectSoundAccount(first);
  expect(first.ledger.scheduled).toBe(27);
  const again = await container().ended;
  expect(again.stderr).toMatch(/The run restarted exists; using it/);
  expect(parseResult(again)).toEqual(first);
  const unnamed = await cluster.home.run(['run', ...at, '--attach']).ended;
  expect([unnamed.code, unnamed.stderr]).toEqual([104, expect.stringMatching(/--attach requires --workflow-id/)]);
});

test('a run has its workload, rate and outcome as search attributes, and history lists it', async () => {
  const query = "BenchmarkWorkload = 'simple' AND BenchmarkRate = 10 AND BenchmarkOutcome IN ('PASSED', 'INVALID')";
  const found = await eventually('the search attributes', async () => {
    for await (const { workflowId } of cluster.client.workflow.list({ query })) return workflowId;
    return undefined;
  });
  expect(found).toBe('restarted');
  const { result } = await cluster.outcome('restarted');
  const at = ['--control-address', cluster.control.address];
  const { code, stdout } = await cluster.home.run(['history', ...at, '-o', 'jsonl']).ended;
  expect(code).toBe(0);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(rows.find(({ runId }) => runId === result!.runId)).toMatchObject({
    outcome: result!.outcome,
    subject: 'simple at 10/s',
    change: null,
    file: 'benchmark-control/restarted',
  });
});
