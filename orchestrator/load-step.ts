import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { AbortLimits } from '../measurement/judging/abort';
import { mergeLanes, type StepMeasurement } from '../measurement/account/lane';
import type { GenerateLoadInput, StepQueues } from './activity-types';
import { laneQueueOf, PICKED_UP_LATE } from './names';
import { collectorActivities } from './proxies';
import { runLanes } from './step-lanes';

export interface LoadStepInput extends Omit<GenerateLoadInput, 'lane'> {
  /** The id of the workflow that receives snapshots of the step. */
  readonly reportTo: string;
  /** The interval of the snapshots. Milliseconds. */
  readonly reportEveryMs: number;
  /** How long a lane waits for a free generator before the step ends without it. Milliseconds. */
  readonly laneWaitMs: number;
  /** The conditions under which the step ends the run. */
  readonly abortOn?: AbortLimits;
}

/**
 * Runs one attempt of one step: a generator per lane, a collector that reports progress to the run, and an observer of the
 * target. If it is canceled, or a lane fails, it still returns what its generators have measured.
 */
export async function LoadStep(input: LoadStepInput): Promise<StepMeasurement> {
  const { run, reportTo, reportEveryMs, abortOn } = input;
  const queues = queuesOf(input);
  const collecting = new CancellationScope();
  const reporting = collecting
    .run(() =>
      collectorActivities.collectProgress({
        run,
        queues,
        reportTo,
        reportEveryMs,
        stepIndex: input.step.index,
        abortOn,
      }),
    )
    .catch((err: unknown) => {
      // The collector only reports progress. The measurement does not depend on it.
      if (!isCancellation(err)) return;
    });
  const { startAtMs, step } = input;
  const observing = collecting
    .run(() => {
      const { durationMs, kind } = step;
      return collectorActivities.observeTarget({ run, queues, startAtMs, durationMs, readServer: kind === 'hold' });
    })
    // The measurement is valid without the observation of the target.
    .catch(() => undefined);
  const { results, failure } = await runLanes(input);
  const target = results.some(({ cutShort }) => cutShort !== undefined) ? undefined : await observing;
  collecting.cancel();
  await Promise.all([reporting, observing]);
  const measurement = {
    ...mergeLanes(results),
    ...(target === undefined ? {} : { target }),
    ...(failure === undefined ? {} : { cutShort: failure.message, failure }),
  };
  // The other lanes were canceled because one was late, so the step as a whole was late.
  return failure === undefined && results.some(({ cutShort }) => cutShort === PICKED_UP_LATE)
    ? { ...measurement, cutShort: PICKED_UP_LATE }
    : measurement;
}

/** Returns the task queues of the step's workflows. */
function queuesOf({ run, step, lanes, kinds, executor }: LoadStepInput): StepQueues {
  const names =
    executor === 'lean'
      ? Array.from({ length: lanes }, (_, lane) => laneQueueOf(run.taskQueue, step.name, step.attempt, lane))
      : [run.taskQueue];
  return { names, types: kinds.some(({ activities }) => activities) ? ['workflow', 'activity'] : ['workflow'] };
}
