import { status } from '@grpc/grpc-js';
import { grpcCode } from '../temporal/grpc-errors';
import type { TimedConnection } from '../temporal/wire/timed-connection';

/** Calls after which the server may have done what was asked, and those that may succeed later. */
const REPEATED = new Set<number>([
  status.UNAVAILABLE,
  status.RESOURCE_EXHAUSTED,
  status.DEADLINE_EXCEEDED,
  status.INTERNAL,
  status.UNKNOWN,
  status.ABORTED,
  status.CANCELLED,
]);
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5000;
const CALL_MS = 10_000;

/** The calls of a worker other than polls: each is repeated for as long as it may matter. */
export class WorkerCalls {
  constructor(
    private readonly connection: TimedConnection,
    private readonly signal: AbortSignal,
  ) {}

  /** One call, without repetition. */
  once(method: string, frame: Buffer, deadlineMs = CALL_MS, signal?: AbortSignal): Promise<Buffer> {
    return this.connection.unary(method, frame, { deadlineMs, signal });
  }

  /**
   * Repeats a call until it succeeds, is refused, or no longer matters.
   *
   * @param forMs for how long it matters: a task's timeout
   * @param onRepeat called before each repetition: the attempt before may have succeeded without an answer
   */
  async repeat(method: string, frame: Buffer, forMs: number, onRepeat?: () => void): Promise<Buffer> {
    const giveUpAtMs = performance.now() + forMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MAX_PAUSE_MS, pauseMs * 2)) {
      try {
        return await this.once(method, frame);
      } catch (err) {
        const jitteredMs = pauseMs * (0.8 + 0.4 * Math.random());
        const isLate = performance.now() + jitteredMs > giveUpAtMs;
        if (isLate || this.signal.aborted || !REPEATED.has(grpcCode(err) ?? status.OK)) throw err;
        onRepeat?.();
        await new Promise((resolve) => setTimeout(resolve, jitteredMs));
      }
    }
  }
}
