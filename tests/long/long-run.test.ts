import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { emptyLedger } from '../../measurement/account/ledger';
import type { StepSnapshot } from '../../orchestrator/activity-types';
import { progressQuery } from '../../orchestrator/messages';
import { MAX_ITERATIONS } from '../../spec/table';
import { largeLane } from '../support/lane';
import {} from '../support/played';
import { PlayedRuns } from '../support/time-skipping';

jest.setTimeout(240_000);

const played = new PlayedRuns();

const MINUTES = 60;
const ITERATIONS = 10;
const LANES = 50;

const snapshot: Omit<StepSnapshot, 'stepIndex'> = {
  lanesReporting: LANES,
  ledger: { ...emptyLedger, rejected: { 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace': 12, DEADLINE_EXCEEDED: 3 } },
  completed: 123_456,
  failed: 12,
  inFlight: 123,
  awaited: 123,
  latencyP50Ms: 12.345,
  latencyP99Ms: 123.456,
};

/** As many snapshots as a step of that length has, each taken by the run before the next comes: the most events. */
async function sendSnapshots(client: Client, run: string, stepIndex: number, everyMs: number): Promise<void> {
  const isRamp = stepIndex % 2 === 0;
  const seconds = isRamp ? 30 : MINUTES * 60 - 30;
  const handle = client.workflow.getHandle(run);
  for (let i = 0; i <= (seconds * 1000) / everyMs; i += 1) {
    await handle.signal('snapshot', { ...snapshot, stepIndex, ledger: { ...snapshot.ledger, scheduled: i } });
    await handle.query(progressQuery);
  }
}

/** Lets the lanes of a step end only when its collector has sent all it would have in that time. */
class Steps {
  private readonly told = new Map<number, { done: Promise<void>; tell: () => void }>();

  of(index: number) {
    let step = this.told.get(index);
    if (!step) {
      let tell = () => undefined as void;
      const done = new Promise<void>((resolve) => (tell = resolve));
      this.told.set(index, (step = { done, tell }));
    }
    return step;
  }
}

test(`${MINUTES} minutes × ${ITERATIONS} iterations × ${LANES} lanes: no execution beyond 4,096 events or 4 MB, no payload beyond 512 KB`, async () => {
  const steps = new Steps();
  const result = await played.play(
    'long',
    { rate: 20, duration: `${MINUTES}m`, rampUp: '30s', iterations: ITERATIONS, lanes: LANES, retention: '48h' },
    {
      generateLoad: async (input) => {
        await steps.of(input.step.index).done;
        return largeLane(input);
      },
      control: {
        collectProgress: async ({ reportTo, stepIndex, reportEveryMs }) => {
          await sendSnapshots(played.env.client, reportTo, stepIndex, reportEveryMs);
          steps.of(stepIndex).tell();
        },
      },
    },
  );
  const sizes = await historiesOf('long');
  expect(result.iterations).toMatchObject({ count: ITERATIONS });
  expect(result.ledger.scheduled).toBe(ITERATIONS * LANES * 1300);
  expect(JSON.stringify(result).length).toBeLessThanOrEqual((256 * 1024 * ITERATIONS) / MAX_ITERATIONS + 64 * 1024);
  expect(sizes.length).toBeGreaterThan(1);
  for (const { events, bytes, largestEvent } of [...sizes, ...(await historiesOf('long/step-2-1'))]) {
    expect(events).toBeLessThanOrEqual(4096);
    expect(bytes).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(largestEvent).toBeLessThanOrEqual(512 * 1024);
  }
});

/** The histories of a run's executions, the last first, in events, in bytes, and by their largest event. */
async function historiesOf(workflowId: string) {
  const { History, HistoryEvent } = temporal.api.history.v1;
  const sizes: { events: number; bytes: number; largestEvent: number }[] = [];
  for (let runId: string | undefined = ''; runId !== undefined;) {
    const history: temporal.api.history.v1.IHistory = await played.env.client.workflow
      .getHandle(workflowId, runId || undefined)
      .fetchHistory();
    const events: temporal.api.history.v1.IHistoryEvent[] = history.events!;
    const largestEvent = Math.max(...events.map((event) => HistoryEvent.encode(event).finish().length));
    sizes.push({ events: events.length, bytes: History.encode(history).finish().length, largestEvent });
    runId = events[0]!.workflowExecutionStartedEventAttributes!.continuedExecutionRunId || undefined;
  }
  return sizes;
}
