import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { status } from '@grpc/grpc-js';
import { temporal } from '@temporalio/proto';
import { grpcCode } from '../temporal/grpc-errors';
import { failureByDesign } from '../load-workflows/activities/fail';
import { readCancelRequested, type ActivityTask } from '../temporal/wire/replies';
import type { WorkerRequests } from '../temporal/wire/worker-requests';
import { encodePayloads, NO_RESULT, readJson } from './payloads';
import type { WorkerCalls } from './worker-calls';

/** For how long an activity's result is worth reporting: longer than a server is away. */
const REPORT_MS = 60_000;
/** The `wait` activity counts its time in such steps. */
const BEAT_MS = 1000;
/** The SDK sends heartbeats no more often than at this share of the heartbeat timeout. */
const THROTTLE = 0.8;

/** Executes the activities of load-workflows/activities. Each is done at once but `wait`, which takes its time. */
export class Activities {
  private readonly waiting = new Set<Waiting>();

  constructor(
    private readonly calls: WorkerCalls,
    private readonly requests: WorkerRequests,
  ) {}

  /** Executes one task and reports its result. Rejects if the report could not be made. */
  async execute(task: ActivityTask): Promise<void> {
    const { activityType, taskToken } = task;
    switch (activityType) {
      case 'noop':
        return await this.complete(taskToken, NO_RESULT);
      case 'echo':
        return await this.complete(taskToken, task.input);
      case 'failUntil':
        if (task.attempt < Number(readJson(task.input))) return await this.fail(taskToken, BY_DESIGN);
        return await this.complete(taskToken, NO_RESULT);
      case 'wait':
        return await this.wait(task);
      default:
        return await this.fail(taskToken, notRegistered(activityType));
    }
  }

  /** Activities that only wait; they cost next to nothing. */
  get waitingCount(): number {
    return this.waiting.size;
  }

  /** Hands what is waiting back to the server, which gives it to another worker. */
  stop(): void {
    for (const one of this.waiting) one.stop();
  }

  private async wait(task: ActivityTask): Promise<void> {
    const { taskToken } = task;
    const waiting = new Waiting(task, async (passedMs) => {
      const frame = this.requests.heartbeat(taskToken, encodePayloads(passedMs));
      return readCancelRequested(await this.calls.once('RecordActivityTaskHeartbeat', frame));
    });
    this.waiting.add(waiting);
    try {
      const outcome = await waiting.outcome;
      if (outcome === 'done') await this.complete(taskToken, NO_RESULT);
      else if (outcome === 'canceled')
        await this.calls.repeat('RespondActivityTaskCanceled', this.requests.cancelActivity(taskToken), REPORT_MS);
      else if (outcome === 'stopped') await this.fail(taskToken, SHUTDOWN, encodePayloads(waiting.passedMs));
    } finally {
      this.waiting.delete(waiting);
    }
  }

  private async complete(taskToken: Uint8Array, result: Uint8Array): Promise<void> {
    await this.calls.repeat(
      'RespondActivityTaskCompleted',
      this.requests.completeActivity(taskToken, result),
      REPORT_MS,
    );
  }

  private async fail(taskToken: Uint8Array, failure: Uint8Array, details?: Uint8Array): Promise<void> {
    await this.calls.repeat(
      'RespondActivityTaskFailed',
      this.requests.failActivity(taskToken, failure, details),
      REPORT_MS,
    );
  }
}

/** How a `wait` activity ended; `gone` if the server no longer knows it. */
type Outcome = 'done' | 'canceled' | 'stopped' | 'gone';

/**
 * One `wait` activity: heartbeats the time that has passed, from where its predecessor's heartbeat left off, and is done
 * when it has passed. Between heartbeats it costs one timer.
 */
class Waiting {
  readonly outcome: Promise<Outcome>;
  private end: (outcome: Outcome) => void = () => undefined;
  private readonly durationMs: number;
  private readonly fromMs: number;
  private readonly beatEveryMs: number;
  private readonly startedAtMs = performance.now();
  private timer?: NodeJS.Timeout;

  constructor(
    task: ActivityTask,
    private readonly heartbeat: (passedMs: number) => Promise<boolean>,
  ) {
    this.durationMs = Number(readJson(task.input));
    this.fromMs = Number(readJson(task.heartbeatDetails) ?? 0);
    this.beatEveryMs = Math.max(BEAT_MS, task.heartbeatTimeoutMs * THROTTLE);
    this.outcome = new Promise((resolve) => (this.end = resolve));
    this.next(BEAT_MS);
  }

  /** Whole steps that have passed, those of the predecessor included. */
  get passedMs(): number {
    const elapsedMs = performance.now() - this.startedAtMs;
    return Math.min(this.durationMs, this.fromMs + Math.floor(elapsedMs / BEAT_MS) * BEAT_MS);
  }

  stop(): void {
    this.finish('stopped');
  }

  private next(beatInMs: number): void {
    const leftMs = this.durationMs - this.fromMs - (performance.now() - this.startedAtMs);
    if (leftMs <= beatInMs) this.timer = setTimeout(() => this.finish('done'), Math.max(0, leftMs));
    else this.timer = setTimeout(() => void this.beat(), beatInMs);
  }

  private async beat(): Promise<void> {
    this.next(this.beatEveryMs);
    try {
      if (await this.heartbeat(this.passedMs)) this.finish('canceled');
    } catch (err) {
      // Without an answer the next heartbeat asks again.
      if (grpcCode(err) === status.NOT_FOUND) this.finish('gone');
    }
  }

  private finish(outcome: Outcome): void {
    clearTimeout(this.timer);
    this.end(outcome);
  }
}

const { Failure } = temporal.api.failure.v1;

/** The failure of the `failUntil` activity, with a stack trace as long as the one that the SDK records. */
const BY_DESIGN = (function failUntil() {
  const failure = failureByDesign();
  failure.stack = failure.stack?.split('\n').slice(0, 4).join('\n');
  return Failure.encode(defaultFailureConverter.errorToFailure(failure, defaultPayloadConverter)).finish();
})();

const SHUTDOWN = Failure.encode({
  message: 'Worker is shutting down and this activity did not complete in time',
  applicationFailureInfo: { type: 'WorkerShutdown' },
}).finish();

function notRegistered(type: string): Uint8Array {
  return Failure.encode({
    message: `Activity function ${type} is not registered on this Worker`,
    source: 'TypeScriptSDK',
    applicationFailureInfo: { type: 'NotFoundError' },
  }).finish();
}
