import { Context } from '@temporalio/activity';
import { LaneAccount } from '../../activities/generate-load/lane-account';
import { idleAudit } from '../../measurement/account/generator-audit';
import { countArrivals } from '../../measurement/load/arrivals';
import type { LaneResult } from '../../measurement/account/lane';
import type { GenerateLoadInput } from '../../orchestrator/activity-types';
import { control, perfect, type Cast } from '../support/played';
import { PlayedRuns } from '../support/time-skipping';

jest.setTimeout(90_000);

const played = new PlayedRuns();
const { play } = played;

/** A lane of which every completion takes two seconds. */
function slow(input: GenerateLoadInput): LaneResult {
  const account = new LaneAccount(input);
  const { step, lane, lanes, process, seed } = input;
  const count = countArrivals({ line: step, lineIndex: step.index, lane, lanes, process, seed });
  for (let i = 0; i < count; i += 1) {
    account.schedule(i, i);
    account.send(i, 0);
    account.acknowledge(i, i, 1);
    account.choose(i);
    account.complete({ sequence: i, atMs: i, latencyMs: 2000, serviceMs: 2000 });
  }
  return account.result(idleAudit, undefined);
}

test.each([2, 3])(
  'R2.6 with %i lanes: a staircase passes its first holds and stops at the one that fails',
  async (lanes) => {
    const steps: string[] = [];
    const spec = { stages: [10, 20, 30, 40], hold: '4s', rampUp: '1s', maxP99: '1s', stopOnFail: true, lanes };
    const result = await play(`staircase-${lanes}`, spec, {
      generateLoad: async (input) => {
        steps.push(`${input.step.name}/${input.lane}`);
        return input.step.kind === 'hold' && input.step.toRate >= 30 ? slow(input) : perfect(input);
      },
    });
    expect(result).toMatchObject({ outcome: 'FAILED', exitCode: 99 });
    expect(result.staircase).toMatchObject({ highestPassedRate: 20, firstFailedRate: 30 });
    expect(result.staircase!.reasons.join()).toMatch(/p99 latency/);
    const holds = result.steps.filter((step) => step.kind === 'hold' && step.counted);
    expect(holds.slice(0, 3).map(({ ledger }) => ledger.scheduled)).toEqual([40, 80, 120]);
    // Every step that ran had one generator for each lane.
    const lanesOf = (name: string) => steps.filter((step) => step.startsWith(`${name}/`)).sort();
    for (const { name } of result.steps.slice(0, 6))
      expect(lanesOf(name)).toEqual(Array.from({ length: lanes }, (_, lane) => `${name}/${lane}`));
  },
);

test('R2.5: over all steps and lanes no lane has more than its fair share by more than one arrival per step', async () => {
  const byLane = [0, 0, 0];
  const result = await play(
    'shares',
    { rate: 31, duration: '7s', rampUp: '2s', lanes: 3 },
    {
      generateLoad: async (input) => {
        const lane = perfect(input);
        byLane[input.lane]! += lane.ledger.scheduled;
        return lane;
      },
    },
  );
  expect(byLane.reduce((sum, n) => sum + n, 0)).toBe(result.ledger.scheduled);
  expect(Math.max(...byLane) - Math.min(...byLane)).toBeLessThanOrEqual(result.steps.length);
});

test('a hold with a gap in one lane of two is run again by both, and only the second attempt counts', async () => {
  const result = await play(
    'gap',
    { rate: 10, duration: '3s', rampUp: '1s', lanes: 2 },
    {
      generateLoad: async (input) => {
        const lane = perfect(input);
        const hasGap = input.step.kind === 'hold' && input.step.attempt === 1 && input.lane === 1;
        return hasGap ? { ...lane, gapArrivals: 5 } : lane;
      },
    },
  );
  expect(result.steps.filter(({ kind }) => kind === 'hold').map(({ attempt, counted }) => [attempt, counted])).toEqual([
    [1, false],
    [2, true],
  ]);
  expect(result.notes.join()).toMatch(/had a gap/);
  expect(result.outcome).toBe('PASSED');
});

test('what CloudWatch has about the holds is read after the load, and only if the observer of the target has it', async () => {
  const asked: number[] = [];
  const observed = { queues: { workflow: null, activity: null } };
  const server = { endpoints: 0, readings: [], unknown: ['no source of server metrics was configured'] };
  const conflicts = { name: 'Aurora DSQL conflicts', labels: '', count: 3, perSecond: 1 } as const;
  const cast = (hasLateSource?: true): Cast => ({
    generateLoad: (input) => Promise.resolve(perfect(input)),
    control: {
      observeTarget: async ({ readServer }) => ({
        ...observed,
        server: { ...server, ...(readServer && hasLateSource ? { hasLateSource } : {}) },
      }),
      readDatabase: async (holds) => {
        asked.push(...holds.map(({ durationMs }) => durationMs));
        return holds.map(() => ({ readings: [conflicts], unknown: ['CloudWatch had no value of WriteDPU'] }));
      },
    },
  });
  const spec = { rate: 10, duration: '4s', rampUp: '1s', lanes: 1, iterations: 2 };
  const { cluster } = await play('cloudwatch', spec, cast(true));
  expect(asked).toEqual([3000, 3000]);
  expect(cluster).toMatchObject({
    endpoints: 1,
    readings: [conflicts],
    unknown: ['CloudWatch had no value of WriteDPU'],
  });
  expect((await play('no-cloudwatch', spec, cast())).cluster).toMatchObject({ endpoints: 0, readings: [] });
  expect(asked).toHaveLength(2);
});

test.each([
  [undefined, 2000],
  [{ controlRoundTripMs: 1.2 }, 2000],
  [{ controlRoundTripMs: 300 }, 6800],
  [{ controlRoundTripMs: 5000 }, 12_000],
])('the first step begins later if the control server is far away: %j, after %d ms', async (ready, leadMs) => {
  const leads: number[] = [];
  const id = `lead-${leadMs}-${ready?.controlRoundTripMs}`;
  const result = await play(
    id,
    { rate: 10, duration: '2s', rampUp: '0s', lanes: 1 },
    {
      generateLoad: async (input) => {
        const { currentAttemptScheduledTimestampMs } = Context.current().info;
        leads.push(input.startAtMs - currentAttemptScheduledTimestampMs);
        return perfect(input);
      },
      control: { requireFreeGenerators: async () => ready },
    },
  );
  expect(result.outcome).toBe('PASSED');
  // The workflow has decided a few events before its activity was scheduled.
  expect(leads[0]).toBeGreaterThan(leadMs - 1500);
  expect(leads[0]).toBeLessThanOrEqual(leadMs);
});

test('after a shift of the timeline, completions in a hold are counted by the server: earlier steps do not know its time', async () => {
  const windows: number[][] = [];
  const spec = { rate: 10, duration: '4s', rampUp: '1s', lanes: 2 };
  const cast = (isLate: boolean): Cast => ({
    generateLoad: async (input) => {
      const late = isLate && input.step.kind === 'hold' && input.step.attempt === 1;
      return perfect(input, late ? 'picked up late' : undefined);
    },
    control: {
      reconcile: async (input) => {
        windows.push(input.countWindows.map(({ stepIndex }) => stepIndex));
        return await control.reconcile(input);
      },
    },
  });
  expect((await play('shifted', spec, cast(true))).steps.map(({ counted }) => counted)).toEqual([false, false, true]);
  await play('not-shifted', spec, cast(false));
  expect(windows).toEqual([[2], []]);
});

test('a hold is judged with the completions of the step before it, also if that step returns later', async () => {
  let holdReturned = () => undefined as void;
  const untilHoldReturned = new Promise<void>((resolve) => (holdReturned = resolve));
  const throughputs: number[] = [];
  const result = await play(
    'slow-ramp',
    { rate: 10, duration: '4s', rampUp: '1s', lanes: 1 },
    {
      generateLoad: async (input) => {
        const lane = perfect(input);
        if (input.step.kind === 'hold') {
          setTimeout(holdReturned, 500);
          return { ...lane, completedDuring: [[1, 20]] };
        }
        await untilHoldReturned;
        return { ...lane, completedDuring: [[1, 10]] };
      },
      control: {
        judgeStep: async (input) => {
          throughputs.push(input.outcome.throughput);
          return await control.judgeStep(input);
        },
      },
    },
  );
  expect(throughputs).toEqual([10, 10]);
  expect(result.outcome).toBe('PASSED');
});
