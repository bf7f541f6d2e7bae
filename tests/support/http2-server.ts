import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type Settings,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

/** One call as the server sees it. */
export interface ServerCall {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** The request's message. */
  readonly message: Buffer;
}

/** A gRPC server at the level of HTTP/2, for what a well-behaved one does not do. */
export class Http2TestServer {
  readonly sessions = new Set<ServerHttp2Session>();
  /** Sessions ever opened, by the local address that they reached. */
  readonly opened: string[] = [];

  private constructor(
    private readonly server: Http2Server,
    readonly port: number,
  ) {
    server.on('session', (session) => {
      this.sessions.add(session);
      this.opened.push(session.socket.localAddress ?? '');
      session.on('close', () => this.sessions.delete(session));
    });
  }

  static async start(handle: (call: ServerCall) => void, settings: Settings = {}, port = 0): Promise<Http2TestServer> {
    const server = createServer({ settings });
    server.on('stream', (stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on('error', () => undefined);
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => handle({ stream, headers, message: Buffer.concat(chunks).subarray(5) }));
    });
    await new Promise<void>((resolve) => server.listen(port, '0.0.0.0', resolve));
    return new Http2TestServer(server, (server.address() as AddressInfo).port);
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Answers a call with a message and trailers. */
export function reply({ stream }: ServerCall, message: Buffer, trailers: Record<string, string> = {}): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', ...trailers }));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([prefix, message]));
}

/** Answers a call with an error and no message: everything stands in one block of headers. */
export function refuse({ stream }: ServerCall, headers: Record<string, string>): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...headers }, { endStream: true });
}
