import { Client, WithStartWorkflowOperation, type WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import * as activities from '../../load-workflows/activities';
import type { SingleWorkload } from '../../load-workflows/catalog';
import { kindsOf } from '../../load-workflows/kinds';
import { POKE, STATE } from '../../load-workflows/message-names';
import { connect } from '../../temporal/connections';
import { eventually } from '../support/cli';
import { specOf } from '../support/facts';
import { describeWithGo } from '../support/go-programs';
import { MemoryFrontend } from '../support/memory-frontend';
import { startTestServer, type TestServer } from '../support/server';

jest.setTimeout(120_000);

const { EventType } = temporal.api.enums.v1;
const TASK_QUEUE = 'q';

const cases: [SingleWorkload, object][] = [
  ['simple', {}],
  ['multi-activity', { activityCount: 5 }],
  ['timer', { timerDuration: '1s' }],
  ['child-workflow', { childCount: 3 }],
  ['state-transitions', {}],
  ['local-activities', { activityCount: 3 }],
  ['retry', { failures: 1 }],
  ['continue-as-new', { chainLength: 2 }],
  ['payload', { payloadSize: '1KB' }],
  ['idle', { idleDuration: '2s' }],
  ['signal', { messages: 2 }],
  ['update', { messages: 2 }],
  ['update-with-start', { messages: 2 }],
  ['query', { messages: 2 }],
];

/** A client and a real SDK worker on one server. */
class Side {
  private constructor(
    readonly client: Client,
    private readonly worker: Worker,
    private readonly native: NativeConnection,
    private readonly running: Promise<void>,
  ) {}

  static async on(address: string, bundle: { code: string }): Promise<Side> {
    const connection = await connect({ address, options: { address } });
    const native = await NativeConnection.connect({ address });
    const worker = await Worker.create({
      connection: native,
      taskQueue: TASK_QUEUE,
      workflowBundle: bundle,
      activities,
    });
    return new Side(new Client({ connection }), worker, native, worker.run());
  }

  async stop(): Promise<void> {
    this.worker.shutdown();
    await this.running;
    await this.native.close();
    await this.client.connection.close();
  }
}

/** Runs one workflow of a workload to its end. */
async function runOne({ client }: Side, workload: SingleWorkload, params: object): Promise<WorkflowHandle> {
  const spec = specOf({ rate: 1, duration: '10s', workload, ...params });
  const kind = kindsOf(spec)[0]!;
  const workflowId = `${workload}/1`;
  const args = workload === 'payload' ? ['x'.repeat(1000)] : [...kind.workflowInput];
  const options = { workflowId, taskQueue: TASK_QUEUE, args, workflowIdConflictPolicy: 'FAIL' as const };
  const { kind: message, count } = kind.messages ?? { kind: undefined, count: 0 };
  const handle = client.workflow.getHandle(workflowId);
  let sent = 0;
  if (message === 'update-with-start') {
    const startWorkflowOperation = new WithStartWorkflowOperation(kind.workflowType, options);
    await client.workflow.executeUpdateWithStart(POKE, { startWorkflowOperation, updateId: 'u0' });
    sent = 1;
  } else {
    await client.workflow.start(kind.workflowType, options);
  }
  for (; sent < count; sent += 1) {
    await idle(handle);
    if (message === 'signal') await handle.signal(POKE);
    else if (message === 'query') expect(await handle.query(STATE)).toBe(0);
    else expect(await handle.executeUpdate(POKE, { updateId: `u${sent}` })).toBe(sent + 1);
  }
  if (message === 'query') await handle.signal(POKE);
  await handle.result();
  return handle;
}

/** Waits until no workflow task is pending, so that the next message gets one of its own. */
async function idle(handle: WorkflowHandle): Promise<void> {
  await eventually('an idle workflow', async () => {
    const { events } = await handle.fetchHistory();
    const last = events!.findLast(({ eventType }) => EventType[eventType!].includes('WORKFLOW_TASK'));
    return last?.eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED;
  });
}

type Event = temporal.api.history.v1.IHistoryEvent;

/**
 * What differs between two servers, or between two runs on one. The details of a marker hold the times of a local
 * activity. Reset points are not kept in memory.
 */
const INCIDENTAL =
  /^(eventTime|taskId|version|identity|requestId|historySizeBytes|.*[rR]unId|namespaceId|parentWorkflowNamespaceId|workerVersion|binaryChecksum|details|firstWorkflowTaskBackoff|prevAutoResetPoints|.*ExpirationTime|.*BuildId|activityRunId|workflowTaskScheduledTime|startedTime)$/;

/** The events of a workflow, without what is incidental. */
async function eventsOf(handle: WorkflowHandle, workload: SingleWorkload): Promise<unknown[]> {
  const { events } = await handle.fetchHistory();
  const plain = events!.map((event) => simplify(temporal.api.history.v1.HistoryEvent.toObject(event as never)));
  if (workload !== 'child-workflow') return plain;
  // Whether a child starts or ends during a workflow task of its parent depends on timing.
  return typesOf(events!)
    .filter((type) => !type.startsWith('WORKFLOW_TASK'))
    .sort();
}

/** The server's own count of a workflow's state transitions. */
async function transitionsOf(handle: WorkflowHandle): Promise<number> {
  return Number((await handle.describe()).raw.workflowExecutionInfo!.stateTransitionCount);
}

function typesOf(events: readonly Event[]): string[] {
  return events.map(({ eventType }) => EventType[eventType!].replace('EVENT_TYPE_', ''));
}

function simplify(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(simplify);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if ('toNumber' in value) return Number(value);
  if ('normalName' in value) return { normalName: value.normalName };
  const kept = Object.entries(value).filter(([key, field]) => !INCIDENTAL.test(key) && field !== null);
  return Object.fromEntries(
    kept.map(([key, field]) => [key, key === 'coreUsedFlags' ? (field as number[]).toSorted() : simplify(field)]),
  );
}

describeWithGo('the in-memory frontend', ['memory-frontend'], () => {
  let frontend: MemoryFrontend;
  let server: TestServer;
  let inMemory: Side;
  let real: Side;

  beforeAll(async () => {
    const bundle = await bundleWorkflowCode({ workflowsPath: require.resolve('../../load-workflows/workflows') });
    [frontend, server] = await Promise.all([MemoryFrontend.start(), startTestServer()]);
    [inMemory, real] = await Promise.all([Side.on(frontend.address, bundle), Side.on(server.address, bundle)]);
  });

  afterAll(async () => {
    await Promise.all([inMemory?.stop(), real?.stop()]);
    await Promise.all([frontend?.stop(), server?.close()]);
  });

  test.each(cases)('runs %s %j with the same history as the embedded server', async (workload, params) => {
    const [here, there] = await Promise.all([runOne(inMemory, workload, params), runOne(real, workload, params)]);
    expect(await eventsOf(here, workload)).toEqual(await eventsOf(there, workload));
    if (workload !== 'child-workflow') expect(await transitionsOf(here)).toBe(await transitionsOf(there));
  });
});
