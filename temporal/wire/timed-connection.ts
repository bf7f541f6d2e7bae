import { status } from '@grpc/grpc-js';
import { grpcCode } from '../grpc-errors';
import type { RequestListener } from '../timed-calls';
import type { UnaryOptions } from './channel';
import type { WireConnection } from './connection';

/** Calls over a wire connection. A listener receives the operation, the code and the duration of each call. */
export class TimedConnection {
  constructor(
    private readonly connection: Pick<WireConnection, 'unary'>,
    private readonly listener: RequestListener = () => undefined,
  ) {}

  /** One call; see {@link WireConnection.unary}. */
  async unary(method: string, frame: Buffer, options: UnaryOptions): Promise<Buffer> {
    const fromMs = performance.now();
    try {
      const reply = await this.connection.unary(method, frame, options);
      this.listener(method, 'OK', performance.now() - fromMs);
      return reply;
    } catch (err) {
      this.listener(method, status[grpcCode(err) ?? status.UNKNOWN] ?? 'UNKNOWN', performance.now() - fromMs);
      throw err;
    }
  }
}
