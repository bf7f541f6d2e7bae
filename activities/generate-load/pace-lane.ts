import { setImmediate as nextTurn } from 'node:timers/promises';
import { arrivalsFrom, type ArrivalCursor } from '../../measurement/load/arrivals';
import { uniform } from '../../measurement/load/random';
import type { GenerateLoadInput } from '../../orchestrator/activity-types';
import { arrivalIdPrefix } from '../../orchestrator/names';
import { START_DEADLINE_MS } from '../../orchestrator/plan';
import { classifyStartError } from '../../temporal/grpc-errors';
import type { LaneAccount } from './lane-account';
import { scheduleOf } from './lane-schedule';
import type { MemoryGuard } from './memory-guard';
import type { TargetCalls } from './target-calls';

export const SKIPPED = {
  inFlightCap: 'in-flight-cap',
  fenced: 'fenced',
  memory: 'memory-pressure',
  late: 'generator-late',
} as const;

/** An arrival that the generator is later for than this is given up, so that the load ends soon after its step. */
const MAX_LAG_MS = 2000;
/** Starts without an answer may occupy this much memory; further arrivals are skipped, as those over the in-flight cap. */
const MAX_IN_FLIGHT_BYTES = 128 * 1024 * 1024;
/** How many arrivals one turn of the event loop may send, and what a skipped arrival costs in comparison. */
const MAX_SENDS_PER_TURN = 32;
const SKIP_COST = 1 / 16;

export interface PaceOptions {
  readonly input: GenerateLoadInput;
  readonly account: LaneAccount;
  readonly target: TargetCalls;
  /** Milliseconds since the start of the step, monotonic; negative before it. */
  readonly now: () => number;
  /** Whether this attempt is proven to be the current one (I3b). */
  readonly maySend: () => boolean;
  /** Aborted when the lane must stop; later arrivals are not scheduled. */
  readonly stop: AbortSignal;
  /** The first sequence to send. */
  readonly from: number;
  /** Arrivals due at or after this time of the step, milliseconds, belong to another attempt. */
  readonly until?: () => number;
  /** Lowers the in-flight cap while the process is short of memory. */
  readonly memory?: Pick<MemoryGuard, 'inFlightCap' | 'underPressure'>;
}

/**
 * Sends each arrival of a lane at its due time, independently of earlier arrivals (open model, law 1). It waits only for
 * the clock: neither an answer nor a full in-flight cap nor a closed fence delays an arrival. When it falls behind, it sends
 * a bounded number of arrivals per turn of the event loop, so that answers, heartbeats and an abort are never starved.
 *
 * Resolves when every arrival is scheduled, or `stop` is aborted, and every start that was sent is answered. That is at
 * most the start's deadline after the last send. Completions are still awaited at that time.
 *
 * @returns the completions still awaited
 */
export async function paceLane(options: PaceOptions): Promise<{ readonly completions: Promise<unknown> }> {
  const { input, account, now, stop, until = () => Infinity } = options;
  const cursor = arrivalsFrom(scheduleOf(input), options.from);
  const lane = new Lane(options);
  while (!stop.aborted) {
    for (let work = 0; cursor.dueMs <= now() && cursor.dueMs < until() && work < MAX_SENDS_PER_TURN;) {
      work += lane.schedule(cursor) ? 1 : SKIP_COST;
      cursor.advance();
    }
    if (cursor.dueMs === Infinity || cursor.dueMs >= until()) break;
    if (cursor.dueMs <= now()) await nextTurn();
    else await sleepUntil(cursor.dueMs, now, stop);
  }
  await lane.starts.done();
  if (account.inFlight > 0) throw new Error(`${account.inFlight} starts were neither answered nor timed out`);
  return { completions: lane.observers.done() };
}

/** Sends the arrivals of a lane and records their outcomes in its account. */
class Lane {
  readonly starts = new Pending();
  readonly observers = new Pending();
  private readonly idPrefix: string;

  constructor(private readonly options: PaceOptions) {
    const { run, step, lane } = options.input;
    this.idPrefix = arrivalIdPrefix({ runId: run.runId, step: step.name, attempt: step.attempt, lane });
  }

  /** Sends an arrival that is due, or skips it. Returns whether it was sent. */
  schedule({ sequence, dueMs }: ArrivalCursor): boolean {
    const { account } = this.options;
    account.schedule(sequence, dueMs);
    const reason = this.reasonToSkip(dueMs);
    if (reason === undefined) this.starts.add(this.send(sequence, dueMs));
    else account.skip(sequence, dueMs, reason);
    return reason === undefined;
  }

  private reasonToSkip(dueMs: number): string | undefined {
    const { account, input, maySend, memory, now, target } = this.options;
    if (!maySend()) return SKIPPED.fenced;
    if (now() - dueMs > MAX_LAG_MS) return SKIPPED.late;
    if (account.inFlight > input.maxInFlight || target.inFlightBytes > MAX_IN_FLIGHT_BYTES) return SKIPPED.inFlightCap;
    if (memory && account.inFlight > memory.inFlightCap) return SKIPPED.memory;
    return undefined;
  }

  private async send(sequence: number, dueMs: number): Promise<void> {
    const { account, target, now } = this.options;
    const workflowId = `${this.idPrefix}${sequence}`;
    const sentMs = now();
    account.send(sequence, sentMs - dueMs);
    try {
      const { runId } = await target.start(workflowId, sequence);
      const atMs = now();
      account.acknowledge(sequence, atMs, atMs - sentMs);
      this.observers.add(this.follow({ sequence, workflowId, runId, dueMs, sentMs }, this.isObserved(sequence)));
    } catch (err) {
      const { kind, ...error } = classifyStartError(err);
      if (kind === 'already-started') account.recover(sequence);
      else account.fail(sequence, now(), { kind, ...error });
    }
  }

  /** Depends only on the arrival's step, lane and sequence, so that neither load nor latency can bias the sample. */
  private isObserved(sequence: number): boolean {
    const { observeShare, seed, step, lane } = this.options.input;
    return observeShare >= 1 || uniform(seed, step.index, lane, sequence, 0x5a3b1e) < observeShare;
  }

  /** Sends the messages that the workflow waits for; waits for its close if it belongs to the sample. */
  private async follow(started: Started, observed: boolean): Promise<void> {
    const { account, target, now } = this.options;
    if (observed) account.choose(now());
    try {
      await target.sendMessages(started.workflowId, started.runId, started.sequence);
    } catch (err) {
      // Without the message the workflow never completes, so it counts as failed.
      const { cause, message } = classifyStartError(err);
      if (observed) account.closeOtherwise(started.sequence, now(), `message: ${cause}`, message);
      return;
    }
    if (observed) await this.observe(started);
  }

  private async observe({ sequence, workflowId, runId, dueMs, sentMs }: Started): Promise<void> {
    const { account, target, input, now } = this.options;
    if (account.awaited > input.maxObservers) {
      account.loseTrack(sequence, now());
      return;
    }
    const giveUpAtMs = input.step.durationMs + START_DEADLINE_MS + input.completionTimeoutMs;
    const isTimedOut = () => now() > giveUpAtMs || this.options.stop.aborted;
    const status = await target.awaitClose(workflowId, runId, isTimedOut);
    const atMs = now();
    if (status === 'completed') account.complete({ sequence, atMs, latencyMs: atMs - dueMs, serviceMs: atMs - sentMs });
    else if (status !== undefined) account.closeOtherwise(sequence, atMs, status);
    else if (!isTimedOut()) account.loseTrack(sequence, atMs);
  }
}

/** A workflow whose start was confirmed. */
interface Started {
  readonly sequence: number;
  readonly workflowId: string;
  readonly runId: string;
  readonly dueMs: number;
  readonly sentMs: number;
}

/** Counts promises that never reject, and waits until all of them are settled. */
class Pending {
  private count = 0;
  private onNone: () => void = () => undefined;

  add(promise: Promise<void>): void {
    this.count += 1;
    void promise.then(() => {
      this.count -= 1;
      if (this.count === 0) this.onNone();
    });
  }

  async done(): Promise<void> {
    if (this.count > 0) await new Promise<void>((resolve) => (this.onNone = resolve));
  }
}

/**
 * Sleeps until the due time, but at most one second, so that the delay never exceeds the maximum of Node's timers. Timers
 * have a resolution of a millisecond and fire late rather than early; the schedule lag includes that.
 */
async function sleepUntil(dueMs: number, now: () => number, stop: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stop.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.min(1000, Math.max(0, Math.floor(dueMs - now()))));
    stop.addEventListener('abort', done, { once: true });
  });
}
