import { status } from '@grpc/grpc-js';
import type { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { connect, rawCall } from '../../temporal/connections';
import { classifyStartError, grpcCode } from '../../temporal/grpc-errors';
import { countByStatus, countRunning, listIds } from '../../temporal/target-counts';
import { cleanUpRun } from '../../activities/settle/clean-up';
import { eventually } from '../support/cli';
import { runGoBaseline } from '../support/go-baseline';
import { describeWithGo } from '../support/go-programs';
import { MemoryFrontend } from '../support/memory-frontend';

jest.setTimeout(180_000);

const { WorkflowIdReusePolicy } = temporal.api.enums.v1;

/** A call that outlives its time would hold up a test. */
const CALL_MS = 10_000;

describeWithGo('the in-memory frontend does what is planted', ['memory-frontend', 'go-baseline'], () => {
  let frontend: MemoryFrontend;
  let connection: Connection;

  async function plant(...flags: string[]): Promise<void> {
    frontend = await MemoryFrontend.start(flags);
    connection = await connect({ address: frontend.address, options: { address: frontend.address } });
  }

  afterEach(async () => {
    await connection.close();
    await frontend.stop();
  });

  async function start(workflowId: string, deadlineMs = CALL_MS): Promise<string> {
    try {
      await connection.withDeadline(Date.now() + deadlineMs, () =>
        connection.workflowService.startWorkflowExecution({
          namespace: 'default',
          workflowId,
          workflowType: { name: 'simple' },
          taskQueue: { name: 'nobody-polls' },
          requestId: `${workflowId} ${Math.random()}`,
          workflowIdReusePolicy: WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
        }),
      );
      return 'OK';
    } catch (err) {
      return classifyStartError(err).cause;
    }
  }

  /** Starts so many workflows at once and counts the answers. */
  async function startMany(count: number): Promise<Record<string, number>> {
    const answers = await Promise.all(Array.from({ length: count }, (_, i) => start(`run/1/1/0/${i}`)));
    return answers.reduce<Record<string, number>>((sum, one) => ({ ...sum, [one]: (sum[one] ?? 0) + 1 }), {});
  }

  test('counts calls by operation exactly', async () => {
    await plant();
    const result = await runGoBaseline(frontend.address, ['-saturate', '-inflight', '8', '-count', '40']);
    expect(result).toMatchObject({ scheduled: 40, started: 40, completed: 40, errors: {} });
    const { calls, errors, workflows } = await frontend.report();
    expect(calls).toMatchObject({
      StartWorkflowExecution: 40,
      RespondWorkflowTaskCompleted: 40,
      PollWorkflowExecutionHistory: 40,
    });
    expect(errors).toEqual({});
    expect(workflows).toEqual({ Completed: 40 });
    await frontend.reset();
    expect(await frontend.report()).toMatchObject({ calls: {}, workflows: { Completed: 40 } });
  });

  test('refuses a duplicate start and a poll without a deadline', async () => {
    await plant();
    expect([await start('once'), await start('once')]).toEqual(['OK', 'ALREADY_EXISTS']);
    const path = '/temporal.api.workflowservice.v1.WorkflowService/PollWorkflowTaskQueue';
    await expect(rawCall(connection, path, Infinity)).rejects.toThrow('INVALID_ARGUMENT: Context timeout is not set.');
  });

  test('executes workflows at the planted capacity', async () => {
    await plant('-capacity', '50', '-capacity-dist', 'constant');
    const { completed, seconds } = await runGoBaseline(frontend.address, [
      '-saturate',
      '-inflight',
      '150',
      '-count',
      '150',
    ]);
    expect(completed).toBe(150);
    // 150 workflows at 50/s; a busy machine adds to it.
    expect(seconds).toBeGreaterThan(2.9);
    expect(seconds).toBeLessThan(6);
  });

  test('changes its capacity when planned', async () => {
    await plant('-capacity-schedule', '0s=100,1s=20', '-capacity-dist', 'constant');
    const { completed, seconds } = await runGoBaseline(frontend.address, [
      '-saturate',
      '-inflight',
      '140',
      '-count',
      '140',
    ]);
    expect(completed).toBe(140);
    // 100 in the first second, 40 in two more.
    expect(seconds).toBeGreaterThan(2.9);
    expect(seconds).toBeLessThan(6);
  });

  test('limits a rate with cause and scope', async () => {
    await plant('-limit', 'StartWorkflowExecution=0.001,burst=12,cause=RPS_LIMIT,scope=system');
    expect(await startMany(30)).toEqual({ OK: 12, 'RESOURCE_EXHAUSTED/RPS_LIMIT/system': 18 });
    expect((await frontend.report()).errors).toEqual({ StartWorkflowExecution: { ResourceExhausted: 18 } });
  });

  test('has a cliff at a rate of calls', async () => {
    await plant('-cliff', 'StartWorkflowExecution=rate:20');
    expect(await startMany(50)).toEqual({ OK: 20, UNAVAILABLE: 30 });
  });

  test('has a cliff at a number of open workflows', async () => {
    await plant('-cliff', 'StartWorkflowExecution=open:5');
    const answers: string[] = [];
    for (let i = 0; i < 9; i += 1) answers.push(await start(`w${i}`));
    expect(answers.filter((answer) => answer === 'OK')).toHaveLength(6);
  });

  test('stalls', async () => {
    await plant('-stall-every', '2s', '-stall-for', '800ms');
    await start('first');
    await new Promise((resolve) => setTimeout(resolve, 2100));
    const from = performance.now();
    expect(await start('second')).toBe('OK');
    expect(performance.now() - from).toBeGreaterThan(300);
  });

  test.each(['commit', 'drop'])('with -late %s, a start whose deadline has passed', async (late) => {
    await plant('-service', 'StartWorkflowExecution=1s', '-late', late);
    // A server on grpc-go resets the stream when the deadline passes, which may be before the client's own timer fires.
    expect(['DEADLINE_EXCEEDED', 'CANCELLED']).toContain(await start('late', 300));
    // It was sent after the first one, so it is served after the first one.
    expect(await start('later')).toBe('OK');
    expect(await start('late')).toBe(late === 'commit' ? 'ALREADY_EXISTS' : 'OK');
  });

  test('drops old histories, and counts stay exact', async () => {
    await plant('-keep-histories', '5');
    await runGoBaseline(frontend.address, ['-saturate', '-inflight', '4', '-count', '30', '-id-prefix', 'run/1/1/0/']);
    expect(await countByStatus(connection, 'default', 'run/1/1/')).toMatchObject({ total: 30, completed: 30, open: 0 });
    const { ids } = await listIds(connection, 'default', 'run/', 1, () => Promise.resolve());
    expect(ids.size).toBe(30);
    const { workflowService } = connection;
    const about = { namespace: 'default', execution: { workflowId: 'run/1/1/0/1' } };
    const { workflowExecutionInfo: info } = await workflowService.describeWorkflowExecution(about);
    expect(Number(info!.historyLength)).toBe(5);
    const read = workflowService.getWorkflowExecutionHistory(about);
    expect(await read.then(() => undefined, grpcCode)).toBe(status.NOT_FOUND);
  });

  test('is cleaned up as a target is', async () => {
    await plant();
    await startMany(25);
    const run = { runId: 'run', namespace: 'default', ownsNamespace: false };
    expect(await countRunning(connection, run)).toBe(25);
    expect(await cleanUpRun(connection, run, false)).toMatchObject({ complete: true, terminated: 25, stillRunning: 0 });
    await eventually('no open workflow', async () => (await frontend.report()).workflows.Terminated === 25);
  });
});
