import {
  ActivityFailure,
  CancellationScope,
  isCancellation,
  patched,
  rootCause,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { LaneResult, StepFailure } from '../measurement/account/lane';
import type { LaneCheckpoint, LaneRecords } from './activity-types';
import { failureType } from './failure-type';
import type { LoadStepInput } from './load-step';
import { emptyLane, lostLane } from './lost-lane';
import { PICKED_UP_LATE } from './names';
import { generatorActivities, recordActivities } from './proxies';

/** The reason why a lane did nothing: it was canceled before its generator had started. */
const CANCELED_BEFORE_START = 'canceled before it began';
const GENERATOR_LOST = 'the generator was lost';

export interface LanesOutcome {
  /** One result per lane, whatever happened to the lane. */
  readonly results: readonly LaneResult[];
  /** The first failure of a lane that a retry cannot repair. */
  readonly failure?: StepFailure;
}

/**
 * Runs the lanes of a step, one generator each. They end together: when the step is canceled, or when a lane is late or
 * fails. Every lane has a result: a lane whose generator does not return has the account of its last heartbeat.
 */
export async function runLanes(input: LoadStepInput): Promise<LanesOutcome> {
  const step = CancellationScope.current();
  return await CancellationScope.nonCancellable(async () => {
    const lanes = new Lanes(input);
    step.cancelRequested.catch(() => lanes.stop());
    return await lanes.run();
  });
}

class Lanes {
  private readonly scope = new CancellationScope();
  private stopping?: Promise<void>;
  private records?: LaneRecords;
  private failure?: StepFailure;

  constructor(private readonly input: LoadStepInput) {}

  async run(): Promise<LanesOutcome> {
    const results = await this.scope.run(() =>
      Promise.all(Array.from({ length: this.input.lanes }, (_, lane) => this.runLane(lane))),
    );
    return { results, failure: this.failure };
  }

  /**
   * Cancels all lanes. Reads their last heartbeats first, because a lane that waits for its retry is canceled at once and
   * its heartbeat is then gone.
   */
  async stop(): Promise<void> {
    this.stopping ??= this.readRecords().then(() => this.scope.cancel());
    await this.stopping;
  }

  private async readRecords(): Promise<void> {
    if (!patched('read-lanes-before-cancel')) return;
    this.records = await CancellationScope.nonCancellable(() => recordActivities.readLanes()).catch(() => undefined);
  }

  private async runLane(lane: number): Promise<LaneResult> {
    const { reportTo: _to, reportEveryMs: _every, abortOn: _on, laneWaitMs, ...input } = this.input;
    const longestMs = input.step.durationMs + input.completionTimeoutMs;
    const { generateLoad } = generatorActivities(input.step.index, longestMs, laneWaitMs, input.heartbeatTimeoutMs);
    try {
      const result = await generateLoad({ ...input, lane });
      if (result.cutShort === PICKED_UP_LATE) void this.stop();
      return result;
    } catch (err) {
      if (isCancellation(err)) return this.canceledLane(lane);
      const lost = (why: string) => lostLane(input, lane, lastCheckpoint(err), Date.now(), why);
      const timeout = timeoutOf(err);
      if (timeout && timeout !== 'SCHEDULE_TO_START') return lost(GENERATOR_LOST);
      const failure = timeout
        ? noGenerator(this.input, lane)
        : { message: rootCause(err) ?? String(err), type: failureType(err) };
      this.failure ??= failure;
      void this.stop();
      return lost(failure.message);
    }
  }

  /** Returns the result of a lane that was canceled while it had no generator. */
  private canceledLane(lane: number): LaneResult {
    const { input, records } = this;
    const checkpoint = records?.waiting.find((one) => one.lane === lane);
    if (checkpoint !== undefined) return lostLane(input, lane, checkpoint, Date.now(), GENERATOR_LOST);
    if (records && !records.begun.includes(lane)) return emptyLane(lane, CANCELED_BEFORE_START);
    return lostLane(input, lane, undefined, Date.now(), GENERATOR_LOST);
  }
}

function noGenerator({ step, laneWaitMs }: LoadStepInput, lane: number): StepFailure {
  return {
    message: `no generator took lane ${lane} of step ${step.name} within ${Math.round(laneWaitMs / 1000)} s; check that one generator per lane runs and that no other run uses it, or start more with: benchmark worker --roles generator`,
    type: 'NoGenerator',
  };
}

function timeoutOf(err: unknown): string | undefined {
  return err instanceof ActivityFailure && err.cause instanceof TimeoutFailure ? err.cause.timeoutType : undefined;
}

/** Returns the last heartbeat of a generator that timed out; undefined for any other error. */
function lastCheckpoint(err: unknown): LaneCheckpoint | undefined {
  if (err instanceof ActivityFailure && err.cause instanceof TimeoutFailure) {
    return (err.cause.lastHeartbeatDetails as LaneCheckpoint | undefined) ?? undefined;
  }
  return undefined;
}
