import { join } from 'node:path';
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { StepMeasurement } from '../../measurement/account/lane';
import type { ControlActivities, GenerateLoadInput, LoadActivities } from '../../orchestrator/activity-types';
import type { LoadStepInput } from '../../orchestrator/load-step';
import { CONTROL_QUEUE, loadQueueOf } from '../../orchestrator/names';
import { laneInput } from '../support/lane';
import { control, perfect } from '../support/played';
import { startTimeSkippingServer } from '../support/time-skipping';

jest.setTimeout(60_000);

const codePath = join(__dirname, '..', '..', 'dist', 'bundles', 'orchestrator.js');
let env: TestWorkflowEnvironment;
beforeAll(async () => (env = await startTimeSkippingServer()));
afterAll(() => env.teardown());

interface Played {
  readonly generateLoad: LoadActivities['generateLoad'];
  readonly control?: Partial<ControlActivities>;
  /** Called once the step has begun. */
  readonly during?: (cancel: () => Promise<unknown>) => Promise<unknown>;
}

/** Runs one LoadStep with activities of a test's own, and returns what it measured. */
async function play(name: string, change: Partial<LoadStepInput>, played: Played): Promise<StepMeasurement> {
  const { lane: _, ...input } = laneInput({ rate: 11, seconds: 3, heartbeatTimeoutMs: 5000 });
  const step: LoadStepInput = { ...input, reportTo: 'nobody', reportEveryMs: 1000, startAtMs: Date.now(), ...change };
  const options = { connection: env.nativeConnection, maxHeartbeatThrottleInterval: 100 };
  const workers = await Promise.all([
    Worker.create({
      ...options,
      taskQueue: CONTROL_QUEUE,
      workflowBundle: { codePath },
      activities: { ...control, ...played.control },
    }),
    Worker.create({
      ...options,
      taskQueue: loadQueueOf(step.step.index),
      activities: { generateLoad: played.generateLoad },
    }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  try {
    const start = { workflowId: name, taskQueue: CONTROL_QUEUE, args: [step] };
    const handle = await env.client.workflow.start('LoadStep', start);
    await played.during?.(() => handle.cancel());
    return (await handle.result()) as StepMeasurement;
  } finally {
    workers.forEach((worker) => worker.shutdown());
    await running;
  }
}

/** A lane that goes on until it is cancelled, and then returns what it has. */
async function untilCancelled(input: GenerateLoadInput) {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 50);
  await context.cancelled.catch((err: unknown) => {
    if (!(err instanceof CancelledFailure)) throw err;
  });
  clearInterval(beat);
  return { ...perfect(input), cutShort: 'cancelled' };
}

test.each([2, 3])(
  '%i lanes: each is one generator’s, they share the arrivals evenly, and the step is their sum',
  async (lanes) => {
    const inputs: GenerateLoadInput[] = [];
    const measured = await play(
      `sum-of-${lanes}`,
      { lanes },
      {
        generateLoad: async (input) => {
          inputs.push(input);
          return perfect(input);
        },
      },
    );
    expect(inputs.map(({ lane }) => lane).sort()).toEqual(Array.from({ length: lanes }, (_, i) => i));
    expect(new Set(inputs.map((input) => input.lanes))).toEqual(new Set([lanes]));
    // 33 arrivals: 17 + 16, or 11 + 11 + 11.
    expect(measured.scheduledByLane).toEqual(lanes === 2 ? [17, 16] : [11, 11, 11]);
    expect(measured.ledger).toMatchObject({ scheduled: 33, acknowledged: 33 });
    expect(measured.observation.completed).toBe(33);
    expect(measured.audits).toHaveLength(lanes);
    expect(measured.cutShort).toBeUndefined();
    expect(measured.target).toMatchObject({ server: { endpoints: 0 } });
  },
);

test.each([2, 3])('%i lanes: one that is picked up late ends the others, and the step was late', async (lanes) => {
  const measured = await play(
    `late-of-${lanes}`,
    { lanes },
    {
      generateLoad: async (input) =>
        input.lane === 1 ? perfect(input, 'picked up late') : await untilCancelled(input),
    },
  );
  expect(measured.scheduledByLane[1]).toBe(0);
  expect(measured.ledger.scheduled).toBe(lanes === 2 ? 17 : 22);
  expect(measured).toMatchObject({ cutShort: 'picked up late' });
  expect(measured.target).toBeUndefined();
});

test('a step that is cancelled returns what its lanes have done', async () => {
  let begun = 0;
  let allBegun: () => void = () => undefined;
  const underWay = new Promise<void>((resolve) => (allBegun = resolve));
  const measured = await play(
    'cancelled',
    { lanes: 2 },
    {
      generateLoad: async (input) => {
        if ((begun += 1) === 2) allBegun();
        return await untilCancelled(input);
      },
      during: (cancel) => underWay.then(cancel),
    },
  );
  expect(measured).toMatchObject({ cutShort: 'cancelled', scheduledByLane: [17, 16], ledger: { acknowledged: 33 } });
});

test('a generator that fails for good fails the step; its other lanes are not waited for in vain', async () => {
  const failed = play(
    'failed',
    { lanes: 2 },
    {
      generateLoad: async (input) => {
        if (input.lane === 0) return perfect(input);
        throw ApplicationFailure.nonRetryable('too fast for this worker', 'RateRefused');
      },
    },
  );
  await expect(failed).rejects.toMatchObject({ cause: { cause: { type: 'RateRefused' } } });
});

test('a collector and an observer that fail cost what they would have told, and nothing of the measurement', async () => {
  const fail = async () => {
    throw ApplicationFailure.nonRetryable('out to lunch');
  };
  const measured = await play(
    'unobserved',
    { lanes: 2 },
    {
      generateLoad: async (input) => perfect(input),
      control: { collectProgress: fail, observeTarget: fail },
    },
  );
  expect(measured.ledger).toMatchObject({ scheduled: 33, acknowledged: 33 });
  expect(measured).not.toHaveProperty('target');
});
