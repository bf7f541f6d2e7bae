import type { Connection } from '@temporalio/client';
import { status } from '@grpc/grpc-js';
import { grpcCode } from './grpc-errors';

export type RequestListener = (operation: string, code: string, durationMs: number) => void;

/** Calls over one connection, each with a deadline. A listener receives the code and duration of each call. */
export class TimedCalls {
  constructor(
    private readonly connection: Connection,
    private readonly listener?: RequestListener,
  ) {}

  /** @param operation the method's name in Temporal's API, for the metrics */
  async call<T>(
    operation: string,
    deadlineMs: number,
    make: (service: Connection['workflowService']) => Promise<T>,
  ): Promise<T> {
    const { connection, listener } = this;
    const startedAt = performance.now();
    try {
      const answer = await connection.withDeadline(Date.now() + deadlineMs, () => make(connection.workflowService));
      listener?.(operation, 'OK', performance.now() - startedAt);
      return answer;
    } catch (err) {
      const code = grpcCode(err);
      listener?.(
        operation,
        code === undefined ? 'UNKNOWN' : (status[code] ?? 'UNKNOWN'),
        performance.now() - startedAt,
      );
      throw err;
    }
  }
}
