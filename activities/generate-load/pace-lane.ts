import { arrivalsFrom, type ArrivalCursor, type LaneSchedule } from '../../measurement/load/arrivals';
import { uniform } from '../../measurement/load/random';
import type { GenerateLoadInput } from '../../orchestrator/activity-types';
import { arrivalIdPrefix } from '../../orchestrator/names';
import { START_DEADLINE_MS } from '../../orchestrator/plan';
import { classifyStartError } from '../../temporal/grpc-errors';
import type { LaneAccount } from './lane-account';
import type { MemoryGuard } from './memory-guard';
import type { TargetCalls } from './target-calls';

export const SKIPPED = { inFlightCap: 'in-flight-cap', fenced: 'fenced', memory: 'memory-pressure' } as const;

export interface PaceOptions {
  readonly input: GenerateLoadInput;
  readonly account: LaneAccount;
  readonly target: TargetCalls;
  /** Milliseconds since the start of the step, monotonic; negative before it. */
  readonly now: () => number;
  /** Whether this attempt is proven to be the only one (I3b). */
  readonly maySend: () => boolean;
  /** Aborted when the lane has to stop: no arrival falls due after that. */
  readonly stop: AbortSignal;
  readonly from: number;
  /** Arrivals due from this instant of the step on are somebody else's. */
  readonly until?: () => number;
  /** Lowers the in-flight cap while the process is short of memory. */
  readonly memory?: Pick<MemoryGuard, 'inFlightCap' | 'underPressure'>;
}

export function scheduleOf({ step, lane, lanes, process, seed }: GenerateLoadInput): LaneSchedule {
  return { line: step, lineIndex: step.index, lane, lanes, process, seed };
}

/** The first sequence of the lane that is not due before the given instant of the step. */
export function firstDueAfter(input: GenerateLoadInput, stepMs: number): number {
  const cursor = arrivalsFrom(scheduleOf(input));
  while (cursor.dueMs < stepMs) cursor.advance();
  return cursor.sequence;
}

/**
 * Sends each arrival of a lane at its due time, whatever became of the ones before: open arrivals (law 1). It waits
 * for nothing but the clock; an answer, a full in-flight cap or a closed fence never delays an arrival.
 *
 * Resolves when every arrival due has been taken up and answered, or the lane was told to stop and what was sent has
 * been answered: no later than the start's deadline after the last send. Completions go on arriving after that.
 *
 * @returns the completions still awaited
 */
export async function paceLane(options: PaceOptions): Promise<{ readonly completions: Promise<unknown> }> {
  const { input, account, now, stop, until = () => Infinity } = options;
  const cursor = arrivalsFrom(scheduleOf(input), options.from);
  const lane = new Lane(options);
  while (!stop.aborted) {
    while (cursor.dueMs <= now() && cursor.dueMs < until() && !stop.aborted) {
      lane.takeUp(cursor);
      cursor.advance();
    }
    if (cursor.dueMs === Infinity || cursor.dueMs >= until()) break;
    await sleepUntil(cursor.dueMs, now, stop);
  }
  await lane.answered();
  if (account.inFlight > 0) throw new Error(`${account.inFlight} starts were neither answered nor timed out`);
  return { completions: lane.completions() };
}

/** Sends arrivals and books what comes back. */
class Lane {
  private readonly starts = new Set<Promise<void>>();
  private readonly observers = new Set<Promise<void>>();
  private readonly idPrefix: string;

  constructor(private readonly options: PaceOptions) {
    const { run, step, lane } = options.input;
    this.idPrefix = arrivalIdPrefix({ runId: run.runId, step: step.name, attempt: step.attempt, lane });
  }

  takeUp({ sequence, dueMs }: ArrivalCursor): void {
    const { account, input, maySend, memory } = this.options;
    account.schedule(sequence, dueMs);
    if (!maySend()) account.skip(sequence, dueMs, SKIPPED.fenced);
    else if (account.inFlight > input.maxInFlight) account.skip(sequence, dueMs, SKIPPED.inFlightCap);
    else if (memory && account.inFlight > memory.inFlightCap) account.skip(sequence, dueMs, SKIPPED.memory);
    else track(this.starts, this.send(sequence, dueMs));
  }

  async answered(): Promise<void> {
    await Promise.all(this.starts);
  }

  completions(): Promise<unknown> {
    return Promise.all(this.observers);
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
      track(this.observers, this.follow({ sequence, workflowId, runId, dueMs, sentMs }, this.isObserved(sequence)));
    } catch (err) {
      const { kind, cause } = classifyStartError(err);
      if (kind === 'already-started') account.recover(sequence);
      else account.fail(sequence, now(), kind, cause);
    }
  }

  /** Chosen by the arrival's name alone, so that neither load nor latency can bias the sample. */
  private isObserved(sequence: number): boolean {
    const { observeShare, seed, step, lane } = this.options.input;
    return observeShare >= 1 || uniform(seed, step.index, lane, sequence, 0x5a3b1e) < observeShare;
  }

  /** Says what the workflow waits for, and waits for its end where it is one of the sample. */
  private async follow(started: Started, observed: boolean): Promise<void> {
    const { account, target, now } = this.options;
    if (observed) account.choose();
    try {
      await target.sendMessages(started.workflowId, started.runId, started.sequence);
    } catch (err) {
      // What was not said leaves the workflow waiting: it has failed for whoever spoke to it.
      if (observed) account.closeOtherwise(started.sequence, now(), `message: ${classifyStartError(err).cause}`);
      return;
    }
    if (observed) await this.observe(started);
  }

  private async observe({ sequence, workflowId, runId, dueMs, sentMs }: Started): Promise<void> {
    const { account, target, input, now } = this.options;
    if (account.awaited > input.maxObservers) {
      account.lose();
      return;
    }
    const giveUpAtMs = input.step.durationMs + START_DEADLINE_MS + input.completionTimeoutMs;
    const isOver = () => now() > giveUpAtMs || this.options.stop.aborted;
    const status = await target.closed(workflowId, runId, isOver);
    const atMs = now();
    if (status === 'completed') account.complete({ sequence, atMs, latencyMs: atMs - dueMs, serviceMs: atMs - sentMs });
    else if (status !== undefined) account.closeOtherwise(sequence, atMs, status);
    else if (!isOver()) account.lose();
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

function track(set: Set<Promise<void>>, promise: Promise<void>): void {
  set.add(promise);
  void promise.finally(() => set.delete(promise));
}

/** Node's timers have a resolution of a millisecond and fire late rather than early; the lag says how late. */
async function sleepUntil(dueMs: number, now: () => number, stop: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stop.removeEventListener('abort', done);
      resolve();
    };
    // Wakes at least once a second, so that a timeline far ahead costs nothing and timers never overflow.
    const timer = setTimeout(done, Math.min(1000, Math.max(0, Math.floor(dueMs - now()))));
    stop.addEventListener('abort', done, { once: true });
  });
}
