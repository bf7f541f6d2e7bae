import { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import pMap from 'p-map';
import { catalog, workflowTypeOf, type SingleWorkload, type Workload } from '../../load-workflows/catalog';
import type { BenchmarkResult } from '../../report/result-schema';
import { Cluster } from '../support/cluster';
import { specOf } from '../support/facts';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(180_000);

const serial: [SingleWorkload, object][] = [
  ['simple', {}],
  ['multi-activity', { activityCount: 3 }],
  ['multi-activity', { activityCount: 7, activityConcurrency: 4 }],
  ['timer', { timerDuration: '11s' }],
  ['child-workflow', { childCount: 3 }],
  ['state-transitions', {}],
];
const activities: [SingleWorkload, object][] = [
  ['local-activities', { activityCount: 3 }],
  ['retry', { failures: 2 }],
  ['continue-as-new', { chainLength: 3 }],
  ['payload', { payloadSize: 'uniform:100B-20KB' }],
  ['idle', { idleDuration: '3s' }],
];
const messages: [SingleWorkload, object][] = [
  ['signal', { messages: 3 }],
  ['update', { messages: 2 }],
  ['update-with-start', { messages: 2 }],
  ['query', { messages: 2 }],
];

const AT_ONCE = 3;

let cluster: Cluster;

/** Several at once: what is asserted are counts. With more of them, generators of a busy machine pick holds up too late. */
async function startAll(cases: [workload: string, params: object][]): Promise<void> {
  cluster = await Cluster.start({ generators: Math.min(cases.length, AT_ONCE) });
  const runToEnd = async ([workload, params]: [string, object]) => {
    await cluster.start(nameOf(workload, params), { ...short, workload, ...params });
    await cluster.outcome(nameOf(workload, params));
  };
  await pMap(cases, runToEnd, { concurrency: AT_ONCE });
}

function nameOf(workload: string, params: object): string {
  return [workload, ...Object.values(params)].join('-');
}

const short = { rate: 3, duration: '4s', rampUp: '500ms', lanes: 1, minThroughput: 0, maxP99: '10m' };
const { EventType } = temporal.api.enums.v1;
/** A chain is one workflow, and its last execution speaks for it. */
const TOP_LEVEL = "ParentWorkflowId IS NULL AND ExecutionStatus != 'ContinuedAsNew'";

type Event = temporal.api.history.v1.IHistoryEvent;

async function historiesOf(namespace: string, workflowType: string, idPrefix = ''): Promise<Event[][]> {
  const client = new Client({ connection: cluster.target.connection, namespace });
  const histories: Event[][] = [];
  for await (const { workflowId } of client.workflow.list({
    query: `${TOP_LEVEL} AND WorkflowType = '${workflowType}' AND WorkflowId STARTS_WITH '${idPrefix}'`,
  })) {
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
    histories.push(events ?? []);
  }
  return histories;
}

function countByType(events: readonly Event[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { eventType } of events) {
    const name = EventType[eventType!]!.replace('EVENT_TYPE_', '')
      .toLowerCase()
      .replace(/(^|_)(\w)/g, (_all, _gap, letter: string) => letter.toUpperCase());
    counts[name] = (counts[name] ?? 0) + 1;
  }
  // On a busy machine a workflow task may time out and be given again: that is not the workload's doing.
  for (const { workflowTaskTimedOutEventAttributes: timedOut } of events) {
    if (!timedOut) continue;
    counts.WorkflowTaskScheduled! -= 1;
    if (Number(timedOut.startedEventId) > 0) counts.WorkflowTaskStarted! -= 1;
  }
  return counts;
}

const P1_P2 = 'P1, P2: %s with %j leaves exactly the histories it should, and nothing else ran';

describe('the original workloads', () => {
  beforeAll(() => startAll(serial));
  afterAll(() => cluster.stop());
  test.each(serial)(P1_P2, expectHistories);
});

describe('what activities, chains and payloads are used for', () => {
  beforeAll(() => startAll(activities));
  afterAll(() => cluster.stop());
  test.each(activities)(P1_P2, expectHistories);
});

describe('several at once', () => {
  const parts = { simple: 5, timer: 3, update: 2 };
  const mix = Object.entries(parts)
    .map((part) => part.join('='))
    .join(',');
  // A threshold of ten minutes would have only a sample observed.
  const params = { mix, rate: 20, timerDuration: '2s', maxP99: '20s' };
  beforeAll(() => startAll([['mix', params]]));
  afterAll(() => cluster.stop());

  test('a mix: each workload has its share, statistics of its own, and the histories it should', async () => {
    const { result } = (await cluster.outcome(nameOf('mix', params))) as { result: BenchmarkResult };
    expectSoundAccount(result);
    const found = result.mix!;
    const [hold] = result.steps.filter((step) => step.counted);
    expect(hold!.mix).toEqual(found);
    expect(found.map(({ workload }) => workload)).toEqual(Object.keys(parts));
    const sums = { scheduled: 0, acknowledged: 0, completed: 0 };
    for (const part of found) {
      const share = part.scheduled / hold!.ledger.scheduled;
      expect(Math.abs(share - parts[part.workload as keyof typeof parts] / 10)).toBeLessThan(0.05);
      expect([part.acknowledged, part.completed, part.failed]).toEqual([part.scheduled, part.scheduled, 0]);
      expect(part.latency.count).toBe(part.completed);
      for (const sum of ['scheduled', 'acknowledged', 'completed'] as const) sums[sum] += part[sum];
    }
    expect(sums).toEqual({ scheduled: hold!.ledger.scheduled, acknowledged: 70, completed: 70 });
    const [simple, timer] = found;
    expect(timer!.latency.p50).toBeGreaterThan(2000);
    expect(simple!.latency.p50).toBeLessThan(2000);
    for (const part of found) {
      const workload = part.workload as SingleWorkload;
      const type = workflowTypeOf(workload, specOf({}));
      const histories = await historiesOf(result.namespace, type, `${result.runId}/${hold!.name}/`);
      expect(histories).toHaveLength(part.acknowledged);
      for (const history of histories) expect(countByType(history)).toMatchObject(catalog[workload].events(specOf({})));
    }
  });
});

describe('what is said to workflows', () => {
  beforeAll(() => startAll(messages));
  afterAll(() => cluster.stop());
  test.each(messages)(P1_P2, expectHistories);
});

async function expectHistories(workload: SingleWorkload, params: object): Promise<void> {
  const input = { ...short, workload, ...params };
  const { result } = (await cluster.outcome(nameOf(workload, params))) as { result: BenchmarkResult };
  expectSoundAccount(result);
  expect(result.failureReasons).toEqual([]);
  const { events }: Workload = catalog[workload];
  const histories = await historiesOf(result.namespace, workflowTypeOf(workload, specOf(input)));
  expect(histories).toHaveLength(result.server.counts.total);
  for (const history of histories) expect(countByType(history)).toMatchObject(events(specOf(input)));
  // P2: at the top level only the selected workload ran.
  expect(await cluster.count(result.namespace, TOP_LEVEL)).toBe(result.server.counts.total);
  expectParticulars(workload, histories);
  if (workload === 'continue-as-new') {
    const executions = await cluster.count(result.namespace, "WorkflowType = 'continuing'");
    expect(executions).toBe(3 * result.server.counts.total);
  }
}

/** What the number of events does not show. */
function expectParticulars(workload: SingleWorkload, histories: readonly Event[][]): void {
  const find = <T>(pick: (event: Event) => T | null | undefined) =>
    histories.map((history) => history.map(pick).find((found) => found));
  if (workload === 'timer') expectTimers(histories, 11_000);
  if (workload === 'retry')
    expect(find((event) => event.activityTaskStartedEventAttributes?.attempt)).toEqual(histories.map(() => 3));
  if (workload === 'payload') {
    const sizes = find((event) => event.workflowExecutionCompletedEventAttributes?.result?.payloads?.[0]?.data?.length);
    // JSON puts it between quotes.
    for (const size of sizes) expect(size! - 2).toBeGreaterThanOrEqual(100);
    for (const size of sizes) expect(size! - 2).toBeLessThanOrEqual(20 * 1024);
    expect(new Set(sizes).size).toBeGreaterThan(sizes.length / 2);
  }
  if (workload === 'idle') {
    const at = (event: Event) => Number(event.eventTime!.seconds) * 1000 + event.eventTime!.nanos! / 1e6;
    for (const history of histories) expect(at(history.at(-1)!) - at(history[0]!)).toBeGreaterThanOrEqual(3000);
  }
}

/** P1: a timer within 10 % of its duration. */
function expectTimers(histories: readonly Event[][], durationMs: number): void {
  const at = (event: Event | undefined) => Number(event!.eventTime!.seconds) * 1000 + event!.eventTime!.nanos! / 1e6;
  for (const history of histories) {
    const started = history.find((event) => event.timerStartedEventAttributes);
    const fired = history.find((event) => event.timerFiredEventAttributes);
    expect(Math.abs(at(fired) - at(started) - durationMs)).toBeLessThanOrEqual(0.1 * durationMs);
  }
}
