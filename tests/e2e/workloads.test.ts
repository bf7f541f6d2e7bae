import { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { catalog, type Workload } from '../../load-workflows/catalog';
import type { WorkloadName } from '../../spec/parse';
import type { BenchmarkResult } from '../../report/result-schema';
import { Cluster } from '../support/cluster';
import { specOf } from '../support/facts';
import { expectSoundAccount } from '../support/result';

jest.setTimeout(120_000);

const cases: [WorkloadName, object][] = [
  ['simple', {}],
  ['multi-activity', { activityCount: 3 }],
  ['multi-activity', { activityCount: 7, activityConcurrency: 4 }],
  ['timer', { timerDuration: '11s' }],
  ['child-workflow', { childCount: 3 }],
  ['state-transitions', {}],
];

/** All at once: what is asserted are counts. */
let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start({ generators: cases.length });
  await Promise.all(
    cases.map(([workload, params]) => cluster.start(nameOf(workload, params), { ...short, workload, ...params })),
  );
});
afterAll(() => cluster.stop());

function nameOf(workload: string, params: object): string {
  return [workload, ...Object.values(params)].join('-');
}

const short = { rate: 4, duration: '4s', rampUp: '500ms', lanes: 1, minThroughput: 0, maxP99: '1m' };
const { EventType } = temporal.api.enums.v1;

type Event = temporal.api.history.v1.IHistoryEvent;

async function historiesOf(namespace: string, workflowType: string): Promise<Event[][]> {
  const client = new Client({ connection: cluster.target.connection, namespace });
  const histories: Event[][] = [];
  for await (const { workflowId } of client.workflow.list({
    query: `ParentWorkflowId IS NULL AND WorkflowType = '${workflowType}'`,
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
  return counts;
}

test.each(cases)(
  'P1, P2: %s with %j leaves exactly the histories it should, and nothing else ran',
  async (workload, params) => {
    const input = { ...short, workload, ...params };
    const { result } = (await cluster.outcome(nameOf(workload, params))) as { result: BenchmarkResult };
    expectSoundAccount(result);
    expect(result.failureReasons).toEqual([]);
    const { workflowType, events }: Workload = catalog[workload];
    const histories = await historiesOf(result.namespace, workflowType);
    expect(histories).toHaveLength(result.server.counts.total);
    for (const history of histories) expect(countByType(history)).toMatchObject(events(specOf(input)));
    // P2: at the top level only the selected workload ran.
    expect(await cluster.count(result.namespace, 'ParentWorkflowId IS NULL')).toBe(result.server.counts.total);
    if (workload === 'timer') expectTimers(histories, 11_000);
  },
);

/** P1: a timer within 10 % of its duration. */
function expectTimers(histories: readonly Event[][], durationMs: number): void {
  const at = (event: Event | undefined) => Number(event!.eventTime!.seconds) * 1000 + event!.eventTime!.nanos! / 1e6;
  for (const history of histories) {
    const started = history.find((event) => event.timerStartedEventAttributes);
    const fired = history.find((event) => event.timerFiredEventAttributes);
    expect(Math.abs(at(fired) - at(started) - durationMs)).toBeLessThanOrEqual(0.1 * durationMs);
  }
}
