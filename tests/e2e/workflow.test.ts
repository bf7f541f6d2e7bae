import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { Client } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { LaneAccount } from '../../activities/generate-load/lane-account';
import { judgeStep } from '../../activities/judge-step';
import { countArrivals } from '../../measurement/arrivals';
import { idleAudit, type LaneResult } from '../../measurement/lane';
import { startedWorkflows } from '../../measurement/ledger';
import type { ControlActivities, GenerateLoadInput } from '../../orchestrator/contract';
import { CONTROL_QUEUE, HOST_QUEUE, LOAD_QUEUES } from '../../orchestrator/names';
import type { BenchmarkResult } from '../../report/result-schema';
import { startTestServer, type TestServer } from '../support/server';

jest.setTimeout(90_000);

const codePath = join(__dirname, '..', '..', 'dist', 'bundles', 'orchestrator.js');

/** A lane of which every arrival was acknowledged and completed at once. */
function perfect(input: GenerateLoadInput, cutShort?: string): LaneResult {
  const account = new LaneAccount(input);
  const { step, lane, lanes, process, seed } = input;
  const count = cutShort ? 0 : countArrivals({ line: step, lineIndex: step.index, lane, lanes, process, seed });
  for (let i = 0; i < count; i += 1) {
    const atMs = Math.min(step.durationMs - 1, i);
    account.schedule(i, atMs);
    account.send(0);
    account.acknowledge(i, atMs, 1);
    account.choose();
    account.complete({ atMs, latencyMs: 1, serviceMs: 1 });
  }
  return account.result(idleAudit, cutShort);
}

const control: ControlActivities = {
  checkHealth: async () => ({ address: 'x', serverVersion: 'x', sharesControlCluster: false }),
  prepareNamespace: async () => undefined,
  describeSystem: async () => ({
    serverVersion: 'x',
    historyShards: 1,
    services: 'unknown',
    persistence: 'x',
    visibility: 'x',
    instanceType: 'x',
    clusterName: 'x',
  }),
  countSlots: async () => undefined,
  awaitHosts: async () => undefined,
  collectProgress: async () => undefined,
  readHosts: async () => [],
  awaitHostsEnded: async () => undefined,
  judgeStep,
  reconcile: async ({ steps }) => ({
    steps: steps.map(({ name, attempt, measurement: { ledger } }) => {
      const total = startedWorkflows(ledger);
      const server = { total, completed: total, failed: 0, canceled: 0, terminated: 0, timedOut: 0, open: 0 };
      return { name, attempt, settlement: { foundRejected: {}, foundUnknown: {}, foundInDoubt: 0 }, server };
    }),
    completedInWindow: [],
    settledBy: 'nothing to settle',
    visibilityWaitMs: 0,
    open: [],
    disagreements: [],
  }),
  cleanUp: async () => ({
    complete: true,
    terminated: 0,
    stillRunning: 0,
    namespaceDeleted: false,
    warnings: [],
    commands: [],
  }),
};

let server: TestServer;
beforeAll(async () => (server = await startTestServer()));
afterAll(() => server.close());

/** Runs the real workflows on a real server with activities that only play their part. */
async function run(
  workflowId: string,
  input: object,
  generateLoad: (input: GenerateLoadInput) => Promise<LaneResult>,
): Promise<BenchmarkResult> {
  const connection = await NativeConnection.connect({ address: server.address });
  const hostWorkflows = () => Context.current().cancelled.catch(() => undefined);
  const heartbeating = async () => {
    const beat = setInterval(() => Context.current().heartbeat(), 200);
    await hostWorkflows().finally(() => clearInterval(beat));
  };
  const options = { connection, maxHeartbeatThrottleInterval: 200, defaultHeartbeatThrottleInterval: 200 };
  const workers = await Promise.all([
    Worker.create({ ...options, taskQueue: CONTROL_QUEUE, workflowBundle: { codePath }, activities: { ...control } }),
    Worker.create({ ...options, taskQueue: HOST_QUEUE, activities: { hostWorkflows: heartbeating } }),
    ...LOAD_QUEUES.map((taskQueue) => Worker.create({ ...options, taskQueue, activities: { generateLoad } })),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  try {
    const client = new Client({ connection: server.connection });
    return (await client.workflow.execute('BenchmarkRun', {
      workflowId,
      taskQueue: CONTROL_QUEUE,
      args: [input],
    })) as BenchmarkResult;
  } finally {
    workers.forEach((worker) => worker.shutdown());
    await running;
    await connection.close();
  }
}

test('a step that is picked up late shifts the timeline and says so; what was planned is run whole', async () => {
  let late = true;
  const result = await run('late', { rate: 10, duration: '3s', rampUp: '1s', lanes: 1 }, async (input) => {
    const isLate = late && input.step.name === '1';
    if (isLate) late = false;
    return perfect(input, isLate ? 'picked up late' : input.step.attempt === 1 ? 'cancelled' : undefined);
  });
  expect(result.timeline.shifts).toHaveLength(1);
  expect(result.notes.join()).toMatch(/step 1 was picked up late; the timeline goes on from there/);
  expect(result.steps.filter((step) => step.counted).map(({ attempt, ledger }) => [attempt, ledger.scheduled])).toEqual(
    [[2, 20]],
  );
  expect(result.outcome).toBe('PASSED');
});

test('a hold with a gap above the tolerance is run again once, and where that has one too the run is INVALID', async () => {
  const result = await run('gaps', { rate: 10, duration: '3s', rampUp: '1s', lanes: 1 }, async (input) => {
    const lane = perfect(input);
    return input.step.kind === 'hold' ? { ...lane, gapArrivals: 5 } : lane;
  });
  expect(result.steps.map(({ kind, attempt }) => [kind, attempt])).toEqual([
    ['ramp', 1],
    ['hold', 1],
    ['lead-in', 2],
    ['hold', 2],
  ]);
  expect(result).toMatchObject({ outcome: 'INVALID', exitCode: 111 });
  expect(result.validity.reasons.join()).toMatch(/25\.0 % of the arrivals fell into gaps/);
  // The lead-in is a quarter of the hold, from standstill.
  expect(result.ledger.scheduled).toBe(5 + 20 + 2 + 20);
});
