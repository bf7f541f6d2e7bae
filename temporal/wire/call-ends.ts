import { status } from '@grpc/grpc-js';
import { cancelledError, type Call, type Place } from './call';
import { WireError } from './status';

/**
 * Fails calls of one timeout when it has passed. The calls share one timer: a timer per call costs more than the rest of
 * what a call needs of its own.
 */
class Deadline implements Place {
  /** In the order in which they are due. */
  private readonly calls = new Set<Call>();
  private timer?: NodeJS.Timeout;

  constructor(private readonly timeoutMs: number) {}

  take(call: Call): void {
    call.dueAtMs = performance.now() + this.timeoutMs;
    this.calls.add(call);
    if (!this.timer) this.wait(this.timeoutMs);
  }

  leave(call: Call): void {
    this.calls.delete(call);
  }

  private wait(ms: number): void {
    // It may outlive its calls and does not keep the process alive; the connection of a call does.
    this.timer = setTimeout(() => this.passed(), Math.max(1, Math.ceil(ms))).unref();
  }

  private passed(): void {
    this.timer = undefined;
    const nowMs = performance.now();
    for (const call of this.calls) {
      if (call.dueAtMs > nowMs) return this.wait(call.dueAtMs - nowMs);
      call.fail(new WireError(status.DEADLINE_EXCEEDED, 'Deadline exceeded'));
    }
  }
}

/** Cancels calls when a signal is aborted, with one listener for all of them. */
class Cancellation implements Place {
  private readonly calls = new Set<Call>();

  constructor(signal: AbortSignal) {
    signal.addEventListener('abort', () => this.cancel(), { once: true });
  }

  take(call: Call): void {
    this.calls.add(call);
  }

  leave(call: Call): void {
    this.calls.delete(call);
  }

  private cancel(): void {
    for (const call of this.calls) call.fail(cancelledError());
  }
}

/** Few timeouts are in use; those that an odd caller adds are not kept for ever. */
const MAX_KEPT = 256;

/** The deadlines of calls, by their timeouts. */
export class Deadlines {
  private readonly byTimeout = new Map<number, Deadline>();

  of(timeoutMs: number): Deadline {
    let deadline = this.byTimeout.get(timeoutMs);
    if (!deadline) {
      deadline = new Deadline(timeoutMs);
      if (this.byTimeout.size < MAX_KEPT) this.byTimeout.set(timeoutMs, deadline);
    }
    return deadline;
  }
}

const cancellations = new WeakMap<AbortSignal, Cancellation>();

/** Returns what cancels calls when the signal is aborted. */
export function cancellationBy(signal: AbortSignal): Cancellation {
  let cancellation = cancellations.get(signal);
  if (!cancellation) cancellations.set(signal, (cancellation = new Cancellation(signal)));
  return cancellation;
}
