import { join } from 'node:path';
import { CancelledFailure, Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { Worker, type NativeConnection } from '@temporalio/worker';
import type { StepMeasurement } from '../../measurement/account/lane';
import type { ControlActivities, GenerateLoadInput, LoadActivities } from '../../orchestrator/activity-types';
import type { LoadStepInput } from '../../orchestrator/load-step';
import { CONTROL_QUEUE, loadQueueOf } from '../../orchestrator/names';
import { laneInput } from './lane';
import { control, perfect } from './played';

const codePath = join(__dirname, '..', '..', 'dist', 'bundles', 'orchestrator.js');

export interface Stage {
  readonly nativeConnection: NativeConnection;
  readonly client: Client;
}

export interface Played {
  readonly generateLoad: LoadActivities['generateLoad'];
  readonly control?: Partial<ControlActivities>;
  /** Called once the step has begun. */
  readonly during?: (cancel: () => Promise<unknown>, stopGenerators: () => Promise<void>) => Promise<unknown>;
}

/** Runs one LoadStep with activities of a test's own, and returns what it measured. */
export async function playStep(
  stage: Stage,
  name: string,
  change: Partial<LoadStepInput>,
  played: Played,
  hasGenerators = true,
): Promise<StepMeasurement> {
  const { lane: _, ...input } = laneInput({ rate: 11, seconds: 3, heartbeatTimeoutMs: 5000 });
  const step: LoadStepInput = {
    ...input,
    reportTo: 'nobody',
    reportEveryMs: 1000,
    laneWaitMs: 60_000,
    startAtMs: Date.now(),
    ...change,
  };
  const options = { connection: stage.nativeConnection, maxHeartbeatThrottleInterval: 100 };
  const workers = await Promise.all([
    Worker.create({
      ...options,
      taskQueue: CONTROL_QUEUE,
      workflowBundle: { codePath },
      activities: { ...control, ...played.control },
    }),
    Worker.create({
      ...options,
      taskQueue: hasGenerators ? loadQueueOf(step.step.index) : 'no-generators',
      activities: { generateLoad: played.generateLoad },
    }),
  ]);
  const runs = workers.map((worker) => worker.run());
  const running = Promise.all(runs);
  const stopGenerators = async () => {
    workers[1]!.shutdown();
    await runs[1];
  };
  try {
    const start = { workflowId: name, taskQueue: CONTROL_QUEUE, args: [step] };
    const handle = await stage.client.workflow.start('LoadStep', start);
    await played.during?.(() => handle.cancel(), stopGenerators);
    return (await handle.result()) as StepMeasurement;
  } finally {
    workers.forEach((worker) => worker.getState() === 'RUNNING' && worker.shutdown());
    await running;
  }
}

/** A lane that runs until it is canceled, and then returns its account. */
export async function untilCancelled(input: GenerateLoadInput) {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 50);
  await context.cancelled.catch((err: unknown) => {
    if (!(err instanceof CancelledFailure)) throw err;
  });
  clearInterval(beat);
  return { ...perfect(input), cutShort: 'cancelled' };
}
