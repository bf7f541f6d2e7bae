import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { Client, type Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { LaneAccount } from '../../activities/generate-load/lane-account';
import { judgeStep } from '../../activities/settle/judge-step';
import { countArrivals } from '../../measurement/load/arrivals';
import { noHistograms, type LaneResult } from '../../measurement/account/lane';
import { idleAudit } from '../../measurement/account/generator-audit';
import { startedWorkflows } from '../../measurement/account/ledger';
import type { ControlActivities, GenerateLoadInput } from '../../orchestrator/activity-types';
import { BENCHMARK_RUN } from '../../orchestrator/benchmark-types';
import { CONTROL_QUEUE, HOST_QUEUE, LOAD_QUEUES } from '../../orchestrator/names';
import type { BenchmarkResult } from '../../report/result-schema';

const codePath = join(__dirname, '..', '..', 'dist', 'bundles', 'orchestrator.js');

/** A lane of which every arrival was acknowledged and completed at once. */
export function perfect(input: GenerateLoadInput, cutShort?: string): LaneResult {
  const account = new LaneAccount(input);
  const { step, lane, lanes, process, seed } = input;
  const count = cutShort ? 0 : countArrivals({ line: step, lineIndex: step.index, lane, lanes, process, seed });
  for (let i = 0; i < count; i += 1) {
    const atMs = Math.min(step.durationMs - 1, i);
    account.schedule(i, atMs);
    account.send(i, 0);
    account.acknowledge(i, atMs, 1);
    account.choose(0);
    account.complete({ sequence: i, atMs, latencyMs: 1, serviceMs: 1 });
  }
  return account.result(idleAudit, cutShort);
}

/** Control activities of a run in which all goes well. */
export const control: ControlActivities = {
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
  requireFreeGenerators: async () => undefined,
  awaitHosts: async () => undefined,
  awaitPollers: async () => undefined,
  collectProgress: async () => undefined,
  observeTarget: async () => ({
    queues: { workflow: null, activity: null },
    server: { endpoints: 0, readings: [], unknown: [] },
  }),
  readLanes: async () => ({ waiting: [], begun: [] }),
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
  readDatabase: async () => [],
  sampleWorkload: async () => {
    const { latency: none } = noHistograms;
    const tasks = { workflowTaskScheduleToStart: none, activityScheduleToStart: none, activityExecution: none };
    return { sampled: 0, events: 0, bytes: 0, stateTransitions: 0, tasks };
  },
  cleanUp: async () => ({
    complete: true,
    terminated: 0,
    stillRunning: 0,
    namespaceDeleted: false,
    warnings: [],
    commands: [],
  }),
};

export interface Cast {
  readonly generateLoad: (input: GenerateLoadInput) => Promise<LaneResult>;
  readonly control?: Partial<ControlActivities>;
  readonly hostWorkflows?: () => Promise<unknown>;
}

/** A host that is there until nobody needs it. */
async function presentHost(): Promise<void> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 200);
  await context.cancelled.catch(() => undefined).finally(() => clearInterval(beat));
}

/** Runs the real workflows on a real server with activities that only play their part. */
export async function playRun(
  server: { readonly address: string; readonly connection: Connection; readonly client?: Client },
  workflowId: string,
  input: object,
  cast: Cast,
  workflowType = BENCHMARK_RUN,
): Promise<BenchmarkResult> {
  const connection = await NativeConnection.connect({ address: server.address });
  const { generateLoad, hostWorkflows = presentHost } = cast;
  const options = { connection, maxHeartbeatThrottleInterval: 200, defaultHeartbeatThrottleInterval: 200 };
  const activities = { ...control, ...cast.control };
  const workers = await Promise.all([
    Worker.create({ ...options, taskQueue: CONTROL_QUEUE, workflowBundle: { codePath }, activities }),
    Worker.create({ ...options, taskQueue: HOST_QUEUE, activities: { hostWorkflows } }),
    ...LOAD_QUEUES.map((taskQueue) => Worker.create({ ...options, taskQueue, activities: { generateLoad } })),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  try {
    const client = server.client ?? new Client({ connection: server.connection });
    return (await client.workflow.execute(workflowType, {
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
