import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Call, Place } from './call';
import type { Endpoint } from './endpoint';

/** How one HTTP/2 session behaves. */
export interface SessionOptions {
  readonly connectTimeoutMs: number;
  /** A ping is sent this often; the server allows one every 10 s. */
  readonly keepAliveMs: number;
  /** A session whose ping is not answered within this time is given up. */
  readonly keepAliveTimeoutMs: number;
  /** The flow-control window of one call and of the whole session, bytes. */
  readonly callWindowBytes: number;
  readonly sessionWindowBytes: number;
}

const REQUEST = { endStream: false };

/** One HTTP/2 session to one address. It takes calls until it is draining, and is gone when its socket closes. */
export class WireSession implements Place {
  /** Calls that are under way. */
  active = 0;
  /** It takes no further calls: the server said GOAWAY, or its socket is gone. */
  draining = false;
  /** Called whenever a call has left, when it begins to drain, and when it is gone. */
  onChange: () => void = () => undefined;

  private constructor(
    private readonly http2: ClientHttp2Session,
    socket: Socket,
    private readonly options: SessionOptions,
  ) {
    const drain = () => {
      this.draining = true;
      if (this.active === 0) http2.destroy();
      this.onChange();
    };
    http2.once('goaway', drain);
    http2.once('close', drain);
    http2.on('error', drain);
    // A TLS alert after the handshake, e.g. about the client's certificate, does not reach the session by itself.
    socket.once('error', () => {
      http2.destroy();
      drain();
    });
    const ping = setInterval(() => this.ping(), options.keepAliveMs).unref();
    http2.once('close', () => clearInterval(ping));
  }

  /** Resolves when the server has sent its settings, so that its limit of concurrent calls is known. */
  static async connect(endpoint: Endpoint, address: string, options: SessionOptions): Promise<WireSession> {
    const { port, tls, authority } = endpoint;
    const to = { host: address, port, noDelay: true };
    const socket = tls ? connectTls({ ...tls, ...to, ALPNProtocols: ['h2'] }) : connectTcp(to);
    const http2 = connectHttp2(`${tls ? 'https' : 'http'}://${authority}`, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: options.callWindowBytes },
      maxSessionMemory: Number.MAX_SAFE_INTEGER,
    });
    await untilReady(http2, socket, options.connectTimeoutMs);
    http2.setLocalWindowSize(options.sessionWindowBytes);
    return new WireSession(http2, socket, options);
  }

  /**
   * Whether it takes one more call now. The streams of a session that is lost close before its own event: Node 24 then returns a
   * stream that fails instead of throwing.
   */
  get free(): boolean {
    return (
      !this.draining &&
      !this.http2.destroyed &&
      this.active < (this.http2.remoteSettings.maxConcurrentStreams ?? Infinity)
    );
  }

  send(call: Call): void {
    this.active += 1;
    call.place = this;
    let stream;
    try {
      stream = this.http2.request(call.request.headers, REQUEST);
    } catch {
      // Nothing was sent: the session is closing and its event has not arrived yet.
      this.draining = true;
      return call.refused();
    }
    call.begin(stream);
  }

  leave(): void {
    this.active -= 1;
    if (this.draining && this.active === 0) this.http2.destroy();
    this.onChange();
  }

  get gone(): boolean {
    return this.http2.destroyed;
  }

  destroy(): void {
    this.draining = true;
    this.http2.destroy();
  }

  private ping(): void {
    if (this.http2.destroyed) return;
    const timer = setTimeout(() => this.http2.destroy(), this.options.keepAliveTimeoutMs);
    this.http2.ping(() => clearTimeout(timer));
  }
}

async function untilReady(http2: ClientHttp2Session, socket: Socket, withinMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${withinMs} ms`)), withinMs);
      http2.once('remoteSettings', () => resolve());
      http2.once('error', reject);
      socket.once('error', reject);
      http2.once('close', () => reject(new Error('the connection was closed before it was ready')));
    });
  } catch (err) {
    http2.on('error', () => undefined);
    http2.destroy();
    socket.destroy();
    throw err;
  } finally {
    clearTimeout(timer);
  }
}
