import { ApplicationFailure } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { unaccounted } from '../../measurement/account/ledger';
import type { GenerateLoadInput } from '../../orchestrator/activity-types';
import { perfect } from '../support/played';
import { playStep, untilCancelled } from '../support/played-step';
import { startTimeSkippingServer } from '../support/time-skipping';

jest.setTimeout(60_000);

let env: TestWorkflowEnvironment;
beforeAll(async () => (env = await startTimeSkippingServer()));
afterAll(() => env.teardown());

const play = (...played: Parameters<typeof playStep> extends [unknown, ...infer Rest] ? Rest : never) =>
  playStep(env, ...played);

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

test('a step that is canceled returns the accounts of its lanes', async () => {
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

test('one lane that fails for good ends the step with the failure, and the other lanes return what they have done', async () => {
  const measured = await play(
    'failed',
    { lanes: 3 },
    {
      generateLoad: async (input) => {
        if (input.lane === 0) return perfect(input);
        if (input.lane === 2) return await untilCancelled(input);
        throw ApplicationFailure.nonRetryable('too fast for this worker', 'RateRefused');
      },
    },
  );
  expect(measured).toMatchObject({
    cutShort: 'too fast for this worker',
    failure: { type: 'RateRefused', message: 'too fast for this worker' },
    ledger: { acknowledged: 22 },
  });
  expect(unaccounted(measured.ledger)).toBe(0);
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
