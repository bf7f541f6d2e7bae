import { ApplicationFailure, Context } from '@temporalio/activity';
import { Client, WorkflowFailedError } from '@temporalio/client';
import type { LaneResult } from '../../measurement/account/lane';
import type { GenerateLoadInput } from '../../orchestrator/activity-types';
import { abortUpdate } from '../../orchestrator/messages';
import type { BenchmarkResult } from '../../report/result-schema';
import { control, perfect, playRun } from '../support/played';
import { startTestServer, type TestServer } from '../support/server';

jest.setTimeout(90_000);

let server: TestServer;
beforeAll(async () => (server = await startTestServer()));
afterAll(() => server.close());

test('a lane of three that is picked up late shifts the timeline and adds a note; all lanes send every planned arrival', async () => {
  let isLate = true;
  const attempts: string[] = [];
  const result = await playRun(
    server,
    'late',
    { rate: 10, duration: '3s', rampUp: '1s', lanes: 3 },
    {
      generateLoad: async (input) => {
        attempts.push(`${input.step.name}/${input.step.attempt}`);
        if (input.step.attempt > 1) return perfect(input);
        if (input.step.name !== '1' || input.lane !== 1 || !isLate) return perfect(input, 'cancelled');
        isLate = false;
        return perfect(input, 'picked up late');
      },
    },
  );
  expect(result.timeline.shifts).toHaveLength(1);
  expect(result.notes.join()).toMatch(/step 1 was picked up late; the timeline was shifted/);
  expect(attempts.filter((attempt) => attempt.endsWith('/2')).sort()).toEqual([
    '1/2',
    '1/2',
    '1/2',
    '2/2',
    '2/2',
    '2/2',
  ]);
  expect(result.steps.filter((step) => step.counted).map(({ attempt, ledger }) => [attempt, ledger.scheduled])).toEqual(
    [[2, 20]],
  );
  expect(result.outcome).toBe('PASSED');
});

test('a hold with a gap above the tolerance is repeated once; if the repetition has a gap too, the run is INVALID', async () => {
  const result = await playRun(
    server,
    'gaps',
    { rate: 10, duration: '3s', rampUp: '1s', lanes: 1 },
    {
      generateLoad: async (input) => {
        const lane = perfect(input);
        return input.step.kind === 'hold' ? { ...lane, gapArrivals: 5 } : lane;
      },
    },
  );
  expect(result.steps.map(({ kind, attempt }) => [kind, attempt])).toEqual([
    ['ramp', 1],
    ['hold', 1],
    ['lead-in', 2],
    ['hold', 2],
  ]);
  expect(result).toMatchObject({ outcome: 'INVALID', exitCode: 111 });
  expect(result.validity.reasons.join()).toMatch(/25\.0 % of the arrivals fell due while their generator was down/);
  // The lead-in lasts a quarter of the hold and starts at 0.
  expect(result.ledger.scheduled).toBe(5 + 20 + 2 + 20);
});

/** A lane whose completions take long: it returns when `released` resolves, or earlier if it is canceled. */
async function draining(input: GenerateLoadInput, released: Promise<unknown>) {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 50);
  const isCanceled = await Promise.race([released.then(() => false), context.cancelled.catch(() => true)]);
  clearInterval(beat);
  return isCanceled ? { ...perfect(input), cutShort: 'canceled' } : perfect(input);
}

/** Never returns; fails when the activity is canceled. */
async function untilCanceled(): Promise<never> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 50);
  return await context.cancelled.finally(() => clearInterval(beat));
}

const staircase = { stages: [10, 20, 30], hold: '3s', rampUp: '0s' };
const holdsOf = (result: BenchmarkResult) =>
  result.steps.filter(({ counted }) => counted).map(({ fromRate, attempt }) => [fromRate, attempt]);

test.each([2, 3])(
  'with %i lanes, a step that is late while an earlier hold drains leaves that hold alone',
  async (lanes) => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const result = await playRun(
      server,
      `late-beside-a-drain-${lanes}`,
      { ...staircase, lanes },
      {
        generateLoad: async (input) => {
          const { name, attempt } = input.step;
          if (name === '1') return await draining(input, released);
          if (name === '3' && attempt === 2) release();
          return perfect(input, name === '2' && attempt === 1 && input.lane === 1 ? 'picked up late' : undefined);
        },
      },
    );
    expect(holdsOf(result)).toEqual([
      [10, 1],
      [20, 2],
      [30, 2],
    ]);
    expect(result.outcome).toBe('PASSED');
  },
);

test('a ramp that one lane of two receives late is run again, and the hold after it is not run cold', async () => {
  const result = await playRun(
    server,
    'late-ramp',
    { rate: 10, duration: '3s', rampUp: '1s', lanes: 2 },
    {
      generateLoad: async (input) => {
        const isLate = input.step.kind === 'ramp' && input.step.attempt === 1 && input.lane === 1;
        return perfect(input, isLate ? 'picked up late' : undefined);
      },
    },
  );
  const complete = result.steps.filter(({ cutShort }) => cutShort === undefined);
  expect(complete.slice(-2).map(({ kind, attempt }) => [kind, attempt])).toEqual([
    ['ramp', 2],
    ['hold', 2],
  ]);
  expect(result).toMatchObject({ outcome: 'PASSED', notes: [expect.stringContaining('step 1 was picked up late')] });
});

test.each([1, 2])('with %i lanes, a spoilt hold that will be repeated does not stop a staircase', async (lanes) => {
  const result = await playRun(
    server,
    `spoilt-first-${lanes}`,
    { ...staircase, lanes, stopOnFail: true },
    {
      generateLoad: async (input) => {
        const lane = perfect(input);
        return input.step.name === '1' && input.step.attempt === 1 ? { ...lane, gapArrivals: 5 } : lane;
      },
    },
  );
  expect(holdsOf(result).sort()).toEqual([
    [10, 2],
    [20, 1],
    [30, 1],
  ]);
  expect(result).toMatchObject({ outcome: 'PASSED', staircase: { highestPassedRate: 30 } });
});

test('a repeated hold that is picked up late is repeated once more, and the late attempt does not count as one', async () => {
  const result = await playRun(
    server,
    'late-repetition',
    { rate: 10, duration: '3s', rampUp: '0s', lanes: 2 },
    {
      generateLoad: async (input) => {
        const { kind, attempt } = input.step;
        if (kind === 'lead-in' && attempt === 2) return perfect(input, 'picked up late');
        return kind === 'hold' && attempt === 1 ? { ...perfect(input), gapArrivals: 5 } : perfect(input);
      },
    },
  );
  expect(holdsOf(result)).toEqual([[10, 3]]);
  expect(result.outcome).toBe('PASSED');
});

test('a lane that fails for good ends the run with its cause; holds before it are complete and judged', async () => {
  const result = await failedRun('one-lane-fails', { ...staircase, lanes: 2 }, async (input) => {
    if (input.step.name !== '2' || input.lane === 0) return perfect(input);
    throw ApplicationFailure.nonRetryable('the rate exceeds a limit', 'RateRefused');
  });
  expect(result).toMatchObject({ exitCode: 104, outcomes: expect.arrayContaining(['BAD_CONFIGURATION', 'ERROR']) });
  expect(result.failureReasons.join()).not.toMatch(/no hold was completed/);
  expect(holdsOf(result)).toContainEqual([10, 1]);
  expect(holdsOf(result)).not.toContainEqual([20, 1]);
  expect(result.steps[0]).toMatchObject({ passed: true, validity: { valid: true } });
  // Lane 0 of the second step has sent its arrivals.
  expect(result.ledger.acknowledged).toBeGreaterThanOrEqual(30 + 30);
});

test('a hold whose judging fails keeps its measurement, and the run cleans up and reports', async () => {
  const result = await playRun(
    server,
    'unjudged',
    { rate: 10, duration: '2s', rampUp: '0s', lanes: 1 },
    {
      generateLoad: async (input) => perfect(input),
      control: { judgeStep: () => Promise.reject(ApplicationFailure.nonRetryable('out of memory')) },
    },
  );
  expect(result.ledger.acknowledged).toBe(20);
  expect(result).toMatchObject({ outcome: 'INVALID', cleanup: { complete: true } });
  expect(result.notes.join()).toMatch(/the hold at 10\/s could not be judged: out of memory/);
});

test('an abort while the completions of a finished hold are awaited judges the hold, and waits for nothing longer', async () => {
  const reconciled: number[] = [];
  const result = await playRun(
    server,
    'aborted-in-the-drain',
    { rate: 10, duration: '2s', rampUp: '0s', lanes: 2, workload: 'timer', timerDuration: '10m' },
    {
      generateLoad: async (input) => {
        if (input.lane === 0) await abort('aborted-in-the-drain');
        const lane = await draining(input, new Promise(() => undefined));
        return { ...lane, cutShort: undefined };
      },
      control: {
        reconcile: async (input) => {
          reconciled.push(input.completionTimeoutMs, input.visibilityTimeoutMs!);
          expect(input.steps[0]!.endedAtMs).toBeLessThanOrEqual(Date.now() + 2000);
          return await control.reconcile(input);
        },
      },
    },
  );
  expect(result).toMatchObject({ exitCode: 105, outcome: 'ABORTED' });
  expect(reconciled).toEqual([5000, 15_000]);
  expect(holdsOf(result)).toEqual([[10, 1]]);
  expect(result.steps[0]!.latency.count).toBe(20);
});

test('an abort while the server is asked for the rest of the workflows ends the wait for them', async () => {
  const waits: number[] = [];
  const result = await playRun(
    server,
    'aborted-while-settling',
    { rate: 10, duration: '2s', rampUp: '0s', lanes: 1, completionTimeout: '20m' },
    {
      generateLoad: async (input) => perfect(input),
      control: {
        reconcile: async (input) => {
          waits.push(input.completionTimeoutMs);
          if (waits.length > 1) return await control.reconcile(input);
          await abort('aborted-while-settling');
          return await untilCanceled();
        },
      },
    },
  );
  expect(waits).toEqual([20 * 60_000, 5000]);
  expect(result).toMatchObject({ outcome: 'ABORTED', ledger: { acknowledged: 20 } });
});

async function abort(workflowId: string): Promise<void> {
  const client = new Client({ connection: server.connection });
  await client.workflow.getHandle(workflowId).executeUpdate(abortUpdate, { args: [{ reason: 'Ctrl-C' }] });
}

/** Plays a run that fails, and returns the result in its failure. */
async function failedRun(
  workflowId: string,
  spec: object,
  generateLoad: (input: GenerateLoadInput) => Promise<LaneResult>,
): Promise<BenchmarkResult> {
  const failed = await playRun(server, workflowId, spec, { generateLoad }).catch((err: unknown) => err);
  expect(failed).toBeInstanceOf(WorkflowFailedError);
  return ((failed as WorkflowFailedError).cause as ApplicationFailure).details![0] as BenchmarkResult;
}
