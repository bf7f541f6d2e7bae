import { join } from 'node:path';
import { NativeConnection, Worker } from '@temporalio/worker';
import { defaultPayloadConverter, toPayloads } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { Client, type Connection } from '@temporalio/client';
import { clientMessages, messageId, sendMessages } from '../../activities/generate-load/send-messages';
import { POKE } from '../../load-workflows/message-names';
import { LeanExecutor, type ExecutorOptions } from '../../executor/executor';
import * as activities from '../../load-workflows/activities';
import { catalog, workflowTypeOf, type SingleWorkload, type WorkloadSpec } from '../../load-workflows/catalog';
import { buildIdOf } from '../../machine/build-id';
import { TimedCalls } from '../../temporal/timed-calls';
import { eventually } from './cli';
import { specOf } from './facts';

export const NAMESPACE = 'default';
const LOAD_WORKFLOWS_BUNDLE = join(__dirname, '..', '..', 'dist', 'bundles', 'load-workflows.js');

/** Something that executes the load workflows of one task queue. */
export interface Executing {
  stop(): Promise<void>;
}

export async function startSdk(address: string, taskQueue: string, identity: string): Promise<Executing> {
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    namespace: NAMESPACE,
    taskQueue,
    identity,
    workflowBundle: { codePath: LOAD_WORKFLOWS_BUNDLE },
    activities,
  });
  const running = worker.run();
  return {
    async stop() {
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}

export async function startLean(
  address: string,
  taskQueue: string,
  identity: string,
  options: Partial<ExecutorOptions> = {},
): Promise<LeanExecutor> {
  return await LeanExecutor.start({
    target: { address, options: {} },
    namespace: NAMESPACE,
    taskQueue,
    identity,
    buildId: buildIdOf(LOAD_WORKFLOWS_BUNDLE),
    activities: true,
    onClosed: () => undefined,
    ...options,
  });
}

/** Starts one workflow of a workload, as a generator does, without its messages. */
export async function startWorkload(
  connection: Connection,
  { workload, params, taskQueue, workflowId }: Arrival,
): Promise<void> {
  const spec = specOf({ workload, ...params }) as WorkloadSpec;
  const { input, messages } = catalog[workload];
  const args = workload === 'payload' ? ['some data'] : input(spec);
  const startWorkflow = {
    namespace: NAMESPACE,
    workflowId,
    requestId: workflowId,
    identity: 'starter',
    workflowType: { name: workflowTypeOf(workload, spec) },
    input: { payloads: toPayloads(defaultPayloadConverter, ...args) },
    taskQueue: { name: taskQueue, kind: temporal.api.enums.v1.TaskQueueKind.TASK_QUEUE_KIND_NORMAL },
  };
  const service = connection.workflowService;
  if (messages?.(spec).kind !== 'update-with-start') {
    await service.startWorkflowExecution(startWorkflow);
    return;
  }
  const { UpdateWorkflowExecutionLifecycleStage } = temporal.api.enums.v1;
  const updateWorkflow = {
    namespace: NAMESPACE,
    workflowExecution: { workflowId },
    waitPolicy: {
      lifecycleStage: UpdateWorkflowExecutionLifecycleStage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED,
    },
    request: { meta: { updateId: messageId({ workflowId }, 0), identity: 'starter' }, input: { name: POKE } },
  };
  const operations = [{ startWorkflow }, { updateWorkflow }];
  await connection.withDeadline(Date.now() + 10_000, () =>
    service.executeMultiOperation({ namespace: NAMESPACE, operations }),
  );
}

export interface Arrival {
  readonly workload: SingleWorkload;
  readonly params: object;
  readonly taskQueue: string;
  readonly workflowId: string;
}

/** Sends the messages of a workload, each when the workflow has nothing left to do, so that histories can be compared. */
export async function sendOneByOne(connection: Connection, { workload, params, workflowId }: Arrival): Promise<void> {
  const messages = catalog[workload].messages?.(specOf({ workload, ...params }) as WorkloadSpec);
  if (!messages) return;
  await untilIdle(connection, workflowId);
  const calls = clientMessages(new TimedCalls(connection), { namespace: NAMESPACE, identity: 'starter' });
  await sendMessages(calls, messages, { workflowId });
}

/** Waits until a workflow has completed its first task and has none pending. */
export async function untilIdle(connection: Connection, workflowId: string): Promise<void> {
  await eventually('an idle workflow', async () => {
    const { workflowExecutionInfo: info, pendingWorkflowTask } =
      await connection.workflowService.describeWorkflowExecution({ namespace: NAMESPACE, execution: { workflowId } });
    return !pendingWorkflowTask && Number(info?.historyLength) > 3;
  });
}

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

export async function historyOf(connection: Connection, workflowId: string, runId?: string): Promise<HistoryEvent[]> {
  const client = new Client({ connection, namespace: NAMESPACE });
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  return events ?? [];
}
