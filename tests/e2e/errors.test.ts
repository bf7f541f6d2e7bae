import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { Cluster } from '../support/cluster';
import { Home, parseResult } from '../support/cli';
import { resultWithoutRun } from '../../report/result';
import { grpcError, TestFrontend, throttled, type Intercept } from '../support/frontend';
import { registerNamespace } from '../support/namespace';
import { expectSoundAccount, schemaErrors } from '../support/result';

jest.setTimeout(120_000);

/** What these tests assert does not depend on speed, so the thresholds leave room for a busy machine. */
const short = { rate: 20, duration: '3s', rampUp: '500ms', lanes: 1, minThroughput: 1, maxP99: '1m' };

describe('before anything is contacted', () => {
  const home = new Home();
  afterAll(() => home.leave());

  test('bad configuration: every problem at once, each with its field, its value and what is expected; nothing was contacted', async () => {
    const frontend = await TestFrontend.start();
    const args = [
      '--rate',
      'fast',
      '--duration',
      '30s',
      '--ramp-up',
      '40s',
      '--lanes',
      '0',
      '--address',
      frontend.address,
    ];
    const ended = await home.run(['run', '-o', 'json', ...args], { BENCHMARK_MAX_P99_LATENCY: 'quick' }).ended;
    expect(ended.code).toBe(104);
    expect(ended.stderr.trim().split('\n')).toEqual([
      '--rate: "fast" is invalid; expected a number above 0, up to 100000 workflow starts per second',
      '--lanes: 0 is invalid; expected a whole number from 1 to 200',
      'maxP99 (from BENCHMARK_MAX_P99_LATENCY): "quick" is invalid; expected a duration such as 90s or 5m, from 1ms to 1h',
      '--ramp-up: "40s" is invalid; expected less than the duration of the run (30s), which includes the ramp-up',
    ]);
    const result = parseResult(ended);
    expect(schemaErrors(result)).toEqual([]);
    expect(result).toMatchObject({ outcome: 'BAD_CONFIGURATION', exitCode: 104, passed: false });
    expect(frontend.calls).toEqual({});
    await frontend.close();
  });

  test.each([
    ['a flag without its value', ['--rate'], '--rate requires a value\nSee: benchmark --help\n'],
    [
      'an unknown output',
      ['--output', 'yaml'],
      '--output: "yaml" is invalid; expected one of "text", "json", "log"\nSee: benchmark --help\n',
    ],
    [
      'a bad duration of the linger',
      ['--metrics-linger', 'soon'],
      '--metrics-linger: "soon" is invalid; expected a duration such as 30s\n',
    ],
    [
      'a bad metrics address',
      ['--metrics-address', 'x'],
      '--metrics-address: "x" is invalid; expected host:port, such as localhost:7233\n',
    ],
    [
      'an API key without a target',
      ['--api-key', 'k'],
      '--api-key requires --address or --profile: the target that it applies to\n',
    ],
  ])('%s: exit 104 before anything is started', async (_what, args, stderr) => {
    expect(await home.run(['run', ...args]).ended).toMatchObject({ code: 104, stdout: '', stderr });
    expect(home.sessions).toEqual([]);
  });

  test('unreachable frontend: exit 1 with the address and what to try, within the connect timeout', async () => {
    const startedAt = Date.now();
    const ended = await home.run(['run', '--address', '127.0.0.1:1', '--connect-timeout', '2s']).ended;
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/the Temporal frontend at 127\.0\.0\.1:1 cannot be used \(waited up to 2 s\)/);
    expect(ended.stderr).toMatch(/temporal operator cluster health --address 127\.0\.0\.1:1/);
    expect(ended.stderr).not.toMatch(/^\s+at /m);
    expect(home.sessions).toEqual([]);
  });

  test('a target on another machine requires --yes if there is no terminal to ask for confirmation', async () => {
    const ended = await home.run(['run', '--address', '192.0.2.1:7233']).ended;
    expect(ended).toMatchObject({
      code: 104,
      stderr: '--yes is required to send load to another machine (192.0.2.1:7233)\n',
    });
  });

  test('a spec comes from YAML or JSON, and the config of a result is one', async () => {
    const yaml = join(home.dir, 'bench.yaml');
    writeFileSync(yaml, 'stages: [5, 10]\nhold: 20s\nlanes: 2\n');
    const dry = await home.run(['run', '--dry-run', '--spec', yaml, '--lanes', '3']).ended;
    expect(dry.stdout).toMatch(
      /peak rate {3}10\/s in 3 lanes \(one generator each\)[^]*hold 5\/s for 20s\n[^]*hold 10\/s for 20s\n/,
    );
    const json = join(home.dir, 'config.json');
    writeFileSync(json, JSON.stringify({ stages: [5], hold: '20s', rate: 100, duration: '5m', maxErrorRate: 0.01 }));
    expect((await home.run(['run', '--dry-run', '--spec', json]).ended).code).toBe(0);
    const missing = await home.run(['run', '--spec', 'nowhere.yaml']).ended;
    expect(missing).toMatchObject({ code: 104, stderr: '--spec: the file "nowhere.yaml" does not exist\n' });
  });

  test('--dry-run says what would be done, and BENCHMARK_MAX_RATE bounds what may be asked for', async () => {
    const dry = await home.run(['run', '--dry-run', '--rate', '50', '--duration', '10s', '--ramp-up', '2s']).ended;
    expect(dry).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/arrivals {4}450 .*\n.*peak rate {3}50\/s in 1 lane\n/) as string,
    });
    const file = join(home.dir, 'measured.json');
    const perHost = { workflowsPerSecondPerHost: 200, hostsNeeded: 1 };
    const sizing = { hostCpuMsPerWorkflow: 6, hostThreadMsPerWorkflow: 4, ...perHost };
    const measured = resultWithoutRun('ERROR', 'none', { workload: 'simple' }, 0);
    writeFileSync(file, JSON.stringify({ ...measured, executor: 'sdk', runId: 'short', sizing }));
    const sized = await home.run(['run', '--dry-run', '--rate', '900', '--executor', 'sdk', '--measured', file]).ended;
    expect(sized.stdout).toMatch(
      /executor {4}sdk: 1 hosts with 100 slots each; the run needs 5 hosts with 5\.4 cores in total \(6\.0 ms of CPU per workflow in short\)/,
    );
    const lean = await home.run(['run', '--dry-run', '--rate', '900', '--measured', file]).ended;
    expect(lean).toMatchObject({
      code: 104,
      stderr: expect.stringMatching(/expected a result of --executor lean/) as string,
    });
    const generatorSizing = { threadMsPerWorkflow: 2, workflowsPerSecondPerGenerator: 400, generatorsNeeded: 1 };
    writeFileSync(file, JSON.stringify({ ...measured, executor: 'lean', runId: 'short', generatorSizing }));
    expect((await home.run(['run', '--dry-run', '--rate', '900', '--measured', file]).ended).stdout).toMatch(
      /executor {4}lean: the generators execute the workflows; the run needs 3 lanes \(2\.0 ms per workflow in short\)/,
    );
    const other = await home.run(['run', '--dry-run', '--workload', 'timer', '--measured', file]).ended;
    expect(other).toMatchObject({
      code: 104,
      stderr: '--measured: the result has workload "simple"; expected a result with workload "timer"\n',
    });
    const refused = await home.run(['run', '--rate', '50'], { BENCHMARK_MAX_RATE: '40' }).ended;
    expect(refused).toMatchObject({
      code: 104,
      stderr: expect.stringMatching(/the rate 50\/s exceeds BENCHMARK_MAX_RATE; expected up to 40 /) as string,
    });
  });
});

describe('on a target that misbehaves', () => {
  let cluster: Cluster;
  let frontend: TestFrontend;
  beforeAll(async () => {
    cluster = await Cluster.start({ generators: 1, withFrontend: true });
    frontend = cluster.frontend!;
  });
  afterAll(() => cluster.stop());

  async function failing(workflowId: string, method: string, intercept: Intercept, input: object = short) {
    const before = frontend.calls[method] ?? 0;
    frontend.intercept(method, intercept);
    await cluster.start(workflowId, input);
    const outcome = await cluster.outcome(workflowId);
    frontend.release(method);
    return { ...outcome, calls: (frontend.calls[method] ?? 0) - before };
  }

  test('registering a namespace denied: not retried, and --namespace is suggested', async () => {
    const deny = () => Promise.reject(grpcError(status.PERMISSION_DENIED, 'not for you'));
    const { error, result, calls } = await failing('denied', 'RegisterNamespace', deny);
    expect(calls).toBe(1);
    expect(error).toMatch(
      /could not be registered: PERMISSION_DENIED: not for you\n.*use an existing one with --namespace/,
    );
    expect(result).toMatchObject({
      outcome: 'BAD_CONFIGURATION',
      outcomes: ['BAD_CONFIGURATION', 'ERROR'],
      exitCode: 104,
    });
  });

  test('an existing namespace whose retention the run could outlive is refused before any load', async () => {
    await registerNamespace(cluster.target.connection, 'short-memory', 3600);
    await cluster.start('outliving', { ...short, namespace: 'short-memory', duration: '2h' });
    const { error, result } = await cluster.outcome('outliving');
    expect(error).toMatch(
      /^the retention of the namespace short-memory is 3600 s; it must exceed the longest possible duration of the run, \d+ s/,
    );
    expect(result).toMatchObject({ exitCode: 104, ledger: { scheduled: 0 } });
  });

  test('registering the control namespace denied: the worker says that an existing one has to be named', async () => {
    frontend.intercept('RegisterNamespace', () => Promise.reject(grpcError(status.PERMISSION_DENIED, 'not for you')));
    const ended = await cluster.home.run(['worker', '--control-address', frontend.address]).ended;
    frontend.release('RegisterNamespace');
    expect(ended.code).toBe(104);
    expect(ended.stderr).toMatch(
      /the control namespace benchmark-control cannot be used \(PERMISSION_DENIED: not for you\); use an existing one with --control-namespace/,
    );
  });

  test('a run under an id that is in use, and on a control server without a worker, says what to do', async () => {
    const at = ['--control-address', cluster.control.address, '--address', frontend.address, '--lanes', '1'];
    await cluster.start('in-use', { ...short, duration: '5s' });
    const twice = await cluster.home.run(['run', '--workflow-id', 'in-use', ...at]).ended;
    expect(twice).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/the run in-use is already in progress.* benchmark watch in-use/) as string,
    });
    await cluster.outcome('in-use');
    const nowhere = await cluster.home.run(['run', '--control-namespace', 'nobody', ...at]).ended;
    expect(nowhere).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/could not be started in the namespace nobody .*not found: 'nobody'/) as string,
    });
  });

  test('registering a namespace fails: three tries, then the cause', async () => {
    const fail = () => Promise.reject(grpcError(status.UNAVAILABLE, 'out to lunch'));
    const { error, calls } = await failing('unavailable', 'RegisterNamespace', fail);
    expect(calls).toBe(3);
    expect(error).toMatch(/could not be registered: UNAVAILABLE: out to lunch/);
  });

  test('a start fails: counted by its cause and scope, and the run continues', async () => {
    let starts = 0;
    const { result } = await failing('every-tenth', 'StartWorkflowExecution', async (_request, forward) => {
      starts += 1;
      if (starts % 10 === 0) throw throttled();
      return await forward();
    });
    expect(result!.ledger).toMatchObject({
      scheduled: 55,
      acknowledged: 50,
      rejected: { 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace': 5 },
    });
    expect(starts).toBe(55);
    expect(result).toMatchObject({ outcome: 'FAILED', exitCode: 99 });
    expect(result!.failureReasons.join()).toMatch(/error rate 10 % exceeds the maximum of 1 %/);
    expectSoundAccount(result!);
  });

  test('a namespace that cannot be deleted: a warning with the command, and the measurement stands', async () => {
    const fail = () => Promise.reject(grpcError(status.PERMISSION_DENIED, 'keep it'));
    const { result } = await failing('undeletable', 'DeleteNamespace', fail, { ...short, deleteNamespace: true });
    expect(result).toMatchObject({
      outcome: 'PASSED',
      exitCode: 0,
      cleanup: { complete: true, namespaceDeleted: false },
    });
    expect(result!.cleanup!.warnings.join()).toMatch(
      /PERMISSION_DENIED: keep it; delete it with: temporal operator namespace delete --namespace benchmark-/,
    );
  });

  test('a cleanup that fails changes the exit code, not the measurement, and leaves the commands that finish it', async () => {
    const fail: Intercept = (request, forward) =>
      request.includes("ExecutionStatus = 'Running'")
        ? Promise.reject(grpcError(status.INTERNAL, 'broken'))
        : forward();
    const { result } = await failing('unclean', 'CountWorkflowExecutions', fail);
    expect(result).toMatchObject({
      outcome: 'CLEANUP_INCOMPLETE',
      exitCode: 113,
      passed: true,
      cleanup: { complete: false },
    });
    expect(result!.cleanup!.commands[0]).toMatch(/^temporal workflow terminate --namespace benchmark-unclean-/);
    expectSoundAccount(result!);
  });
});
