import { ApplicationFailure, Context } from '@temporalio/activity';
import { abortUpdate } from '../../orchestrator/messages';
import { renderJunit } from '../../report/junit';
import { renderText } from '../../report/text';
import { control, perfect } from '../support/played';
import { PlayedRuns } from '../support/time-skipping';

jest.setTimeout(90_000);

const played = new PlayedRuns();
const { play } = played;

test('told to end while it waits for CloudWatch, a run reports at once: everything else has been measured', async () => {
  let isCanceled = false;
  const server = { endpoints: 0, readings: [], unknown: [], hasLateSource: true } as const;
  const result = await play(
    'told-to-end',
    { rate: 10, duration: '4s', rampUp: '1s', lanes: 1 },
    {
      generateLoad: (input) => Promise.resolve(perfect(input)),
      control: {
        observeTarget: async () => ({ queues: { workflow: null, activity: null }, server }),
        readDatabase: async () => {
          const context = Context.current();
          const beat = setInterval(() => context.heartbeat(), 100);
          await played.env.client.workflow
            .getHandle('told-to-end')
            .executeUpdate(abortUpdate, { args: [{ reason: 'seen enough' }] });
          await context.cancelled.catch(() => (isCanceled = true)).finally(() => clearInterval(beat));
          return [];
        },
      },
    },
  );
  expect(isCanceled).toBe(true);
  expect(result).toMatchObject({ outcome: 'PASSED', exitCode: 0 });
  expect(result.notes).toContain('the metrics of the database are unknown: the wait for them was ended');
});

test.each([1, 2])('a run of which hold %i could not be judged is neither passed nor valid', async (hold) => {
  let judged = 0;
  const result = await play(
    `unjudged-${hold}`,
    { rate: 10, duration: '4s', rampUp: '1s', lanes: 1, iterations: 2 },
    {
      generateLoad: (input) => Promise.resolve(perfect(input)),
      control: {
        judgeStep: async (input) => {
          judged += 1;
          // Each hold is judged after its end, and all again at the end of the run.
          if ((judged - hold) % 2 === 0) throw ApplicationFailure.nonRetryable('out of memory');
          return await control.judgeStep(input);
        },
      },
    },
  );
  expect(result).toMatchObject({ outcomes: ['INVALID', 'FAILED'], passed: false, exitCode: 111 });
  expect(result.failureReasons).toEqual([`iteration ${hold}: the hold was not judged`]);
  expect(result.validity.reasons).toEqual([`iteration ${hold}: the hold was not judged`]);
  const xml = renderJunit(result);
  expect(xml.match(/<failure message="the hold was not judged"/g)).toHaveLength(1);
  expect(renderText(result)).toMatch(/not judged/);
});

test('the cleanup of a run knows whether the run was aborted', async () => {
  const aborted: (boolean | undefined)[] = [];
  const cleanUp: typeof control.cleanUp = async (run, deleteNamespace, isAborted) => {
    aborted.push(isAborted);
    return await control.cleanUp(run, deleteNamespace);
  };
  const spec = { rate: 10, duration: '4s', rampUp: '1s', lanes: 1 };
  await play('cleaned', spec, { generateLoad: (input) => Promise.resolve(perfect(input)), control: { cleanUp } });
  await play('cleaned-aborted', spec, {
    generateLoad: async (input) => {
      await played.env.client.workflow
        .getHandle('cleaned-aborted')
        .executeUpdate(abortUpdate, { args: [{ reason: 'enough' }] });
      return perfect(input, 'canceled');
    },
    control: { cleanUp },
  });
  expect(aborted).toEqual([false, true]);
});
