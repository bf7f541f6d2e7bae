import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { onEnd } from './leftovers';

/** A stretch of network between the tool and a server, which a test can break. */
export class TcpProxy {
  private readonly links = new Set<Link>();
  private delayMs = 0;
  private closedUntil = 0;

  private constructor(
    private readonly server: Server,
    private readonly upstreamPort: number,
  ) {
    server.on('connection', (socket) => this.accept(socket));
  }

  static async start(upstreamAddress: string): Promise<TcpProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TcpProxy(server, Number(upstreamAddress.split(':').at(-1)));
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Every connection is reset, and new ones are for a while. */
  cut(forMs: number): void {
    this.closedUntil = Date.now() + forMs;
    for (const link of this.links) link.destroy();
  }

  /** What is connected now hears nothing any more, and is not told: no byte passes, nobody hangs up. */
  halfOpen(): number {
    for (const link of this.links) link.silent = true;
    return this.links.size;
  }

  /** Every byte takes this much longer, each way. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  readonly close = onEnd(() => {
    for (const link of this.links) link.destroy();
    this.server.close();
  });

  private accept(client: Socket): void {
    if (Date.now() < this.closedUntil) return void client.resetAndDestroy();
    const link = new Link(client, connect(this.upstreamPort, '127.0.0.1'), () => this.delayMs);
    this.links.add(link);
    link.closed.then(
      () => this.links.delete(link),
      () => undefined,
    );
  }
}

class Link {
  silent = false;
  readonly closed: Promise<void>;

  constructor(
    private readonly client: Socket,
    private readonly upstream: Socket,
    private readonly delayMs: () => number,
  ) {
    this.forward(client, upstream);
    this.forward(upstream, client);
    this.closed = new Promise((resolve) => client.once('close', () => resolve()));
  }

  destroy(): void {
    this.client.destroy();
    this.upstream.destroy();
  }

  private forward(from: Socket, to: Socket): void {
    from.setNoDelay(true);
    from.on('error', () => undefined);
    from.on('data', (bytes) => {
      if (this.silent) return;
      const delayMs = this.delayMs();
      if (delayMs === 0) to.write(bytes);
      // Timers of equal length fire in order, so bytes stay in theirs.
      else setTimeout(() => to.writable && to.write(bytes), delayMs);
    });
    from.on('close', () => {
      if (!this.silent) to.destroy();
    });
  }
}
