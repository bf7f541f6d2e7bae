import { status } from '@grpc/grpc-js';
import { Call, cancelledError, type Place } from './call';
import { cancellationBy, Deadlines } from './call-ends';
import { addressesOf, type Endpoint } from './endpoint';
import { WireSession, type SessionOptions } from './session';
import { WireError } from './status';

export interface ChannelOptions extends SessionOptions {
  readonly maxReplyBytes: number;
  /** Pause after a failed attempt to connect; it doubles up to the maximum. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

/** The same settings as those of the SDK's connections in temporal/connections.ts. */
export const CHANNEL_DEFAULTS: ChannelOptions = {
  connectTimeoutMs: 15_000,
  keepAliveMs: 12_000,
  keepAliveTimeoutMs: 5000,
  callWindowBytes: 1024 * 1024,
  sessionWindowBytes: 16 * 1024 * 1024,
  maxReplyBytes: 128 * 1024 * 1024,
  backoffMs: 250,
  maxBackoffMs: 1000,
};

export interface UnaryOptions {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

const SERVICE = '/temporal.api.workflowservice.v1.WorkflowService/';
const CLOSED = 'the connection is closed';

/**
 * Unary gRPC calls over one HTTP/2 session at a time. It connects when it is needed and again when the session is lost;
 * a session that the server is closing finishes its calls while new ones go to its successor. Calls wait while it
 * connects and while the server's limit of concurrent calls is reached. After a failed attempt to connect they fail at
 * once until the pause is over.
 */
export class WireChannel implements Place {
  private session?: WireSession;
  private readonly sessions = new Set<WireSession>();
  private readonly waiting = new Set<Call>();
  /** By the timeout of the call and its method. */
  private readonly headers = new Map<number, Map<string, Record<string, string>>>();
  private readonly deadlines = new Deadlines();
  private readonly dispatchAgain = (call: Call) => this.dispatch(call);
  private connecting = false;
  private failures = 0;
  private lastFailure?: { readonly atMs: number; readonly err: WireError };
  private closed = false;
  private onIdle: () => void = () => undefined;

  /** @param place which of the endpoint's addresses it tries first, so that several channels spread over them */
  constructor(
    private readonly endpoint: Endpoint,
    private place: number,
    private readonly options: ChannelOptions = CHANNEL_DEFAULTS,
  ) {}

  /**
   * Calls a method of the workflow service. It repeats a call only if the server reported that it has not processed it.
   *
   * @param frame the request as {@link Encoder.frame} returns it
   * @returns the reply's message; rejects with a {@link WireError}
   */
  unary(method: string, frame: Buffer, { deadlineMs, signal }: UnaryOptions): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelledError());
      const { maxReplyBytes } = this.options;
      const request = { headers: this.headersOf(method, deadlineMs), frame, maxReplyBytes };
      const deadline = this.deadlines.of(deadlineMs);
      const cancellation = signal && cancellationBy(signal);
      const call = new Call(request, deadline, cancellation, this.dispatchAgain, resolve, reject);
      deadline.take(call);
      cancellation?.take(call);
      this.dispatch(call);
    });
  }

  /** Takes a call out of the queue. */
  leave(call: Call): void {
    this.waiting.delete(call);
  }

  /** Calls that are under way or waiting. */
  get active(): number {
    let active = this.waiting.size;
    for (const session of this.sessions) active += session.active;
    return active;
  }

  /** Refuses new calls, lets the others finish for up to `graceMs`, then disconnects. */
  async close(graceMs = 0): Promise<void> {
    this.closed = true;
    const idle = new Promise<void>((resolve) => (this.onIdle = resolve));
    const timer = setTimeout(this.onIdle, graceMs);
    if (this.active > 0) await idle;
    clearTimeout(timer);
    for (const call of this.waiting) call.fail(cancelledError(CLOSED));
    for (const session of this.sessions) session.destroy();
  }

  private dispatch(call: Call): void {
    if (this.closed) return call.fail(cancelledError(CLOSED));
    if (this.session?.free && this.waiting.size === 0) return this.session.send(call);
    if (!this.session && !this.connecting && this.lastFailure && this.pauseLeftMs > 0)
      return call.fail(this.lastFailure.err);
    this.waiting.add(call);
    call.place = this;
    if (!this.session) this.connect();
  }

  private get pauseLeftMs(): number {
    const { backoffMs, maxBackoffMs } = this.options;
    const pauseMs = Math.min(maxBackoffMs, backoffMs * 2 ** (this.failures - 1));
    return (this.lastFailure?.atMs ?? -Infinity) + pauseMs - performance.now();
  }

  private connect(): void {
    if (this.connecting) return;
    this.connecting = true;
    this.openSession().then(
      (session) => this.connected(session),
      (err: Error) => this.failed(err),
    );
  }

  /** Tries each address once. */
  private async openSession(): Promise<WireSession> {
    const addresses = await addressesOf(this.endpoint);
    let failure: unknown = new Error(`${this.endpoint.host} has no address`);
    for (const [i] of addresses.entries()) {
      const address = addresses[(this.place + i) % addresses.length]!;
      try {
        const session = await WireSession.connect(this.endpoint, address, this.options);
        this.place += i;
        return session;
      } catch (err) {
        failure = err;
      }
    }
    throw failure;
  }

  private connected(session: WireSession): void {
    this.connecting = false;
    if (this.closed) return session.destroy();
    this.failures = 0;
    this.lastFailure = undefined;
    this.session = session;
    this.sessions.add(session);
    session.onChange = () => this.changed(session);
    this.changed(session);
  }

  private failed(err: Error): void {
    this.connecting = false;
    this.failures += 1;
    const details = `No connection established. Last error: ${err.message}`;
    this.lastFailure = {
      atMs: performance.now(),
      err: new WireError(status.UNAVAILABLE, details, undefined, { cause: err }),
    };
    for (const call of this.waiting) call.fail(this.lastFailure.err);
  }

  private changed(session: WireSession): void {
    if (session.gone) this.sessions.delete(session);
    if (session.draining && this.session === session) {
      this.session = undefined;
      if (this.waiting.size > 0 && !this.closed) this.connect();
    }
    if (this.waiting.size > 0) this.sendWaiting();
    if (this.closed && this.active === 0) this.onIdle();
  }

  private sendWaiting(): void {
    for (const call of this.waiting) {
      if (!this.session?.free) break;
      this.waiting.delete(call);
      this.session.send(call);
    }
  }

  /** Always with a deadline: the server refuses polls without one. */
  private headersOf(method: string, deadlineMs: number): Record<string, string> {
    const kept = this.headers.get(deadlineMs);
    const known = kept?.get(method);
    if (known) return known;
    const { endpoint } = this;
    const headers = {
      ':method': 'POST',
      ':scheme': endpoint.tls ? 'https' : 'http',
      ':authority': endpoint.authority,
      ':path': SERVICE + method,
      te: 'trailers',
      'content-type': 'application/grpc',
      'grpc-timeout': timeoutHeader(deadlineMs),
      ...endpoint.headers,
    };
    if (kept) kept.set(method, headers);
    // Timeouts are few; those that an odd caller adds are not kept for ever.
    else if (this.headers.size < 256) this.headers.set(deadlineMs, new Map([[method, headers]]));
    return headers;
  }
}

/** A gRPC timeout has at most eight digits. */
function timeoutHeader(ms: number): string {
  return ms < 1e8 ? `${Math.max(1, Math.ceil(ms))}m` : `${Math.ceil(ms / 1000)}S`;
}
