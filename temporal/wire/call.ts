import { constants, type ClientHttp2Stream, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { FRAME_PREFIX_BYTES } from './encode';
import { httpError, resetError, trailersError, WireError } from './status';

/** What one call sends. */
export interface CallRequest {
  readonly headers: OutgoingHttpHeaders;
  readonly frame: Buffer;
  readonly maxReplyBytes: number;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

const NOTHING = Buffer.alloc(0);

/** One unary call. It waits for a stream, may be refused by one and take another, and ends exactly once. */
export class Call {
  /** Called once when the call no longer occupies the place it had: in a queue, or on a session. */
  onLeave: () => void = () => undefined;
  /** Called when the server refused the stream, so that it certainly has not processed the call. */
  onRefused: () => void = () => undefined;
  private stream?: ClientHttp2Stream;
  private reply: Buffer = NOTHING;
  private chunks?: Buffer[];
  private bytes = 0;
  /** What headers or trailers said: an error, or null for success. */
  private outcome: WireError | null | undefined;
  private over = false;
  private readonly timer: NodeJS.Timeout;
  private readonly abort = () => this.fail(cancelledError());

  constructor(
    readonly request: CallRequest,
    private readonly resolve: (reply: Buffer) => void,
    private readonly reject: (err: WireError) => void,
  ) {
    this.timer = setTimeout(
      () => this.fail(new WireError(status.DEADLINE_EXCEEDED, 'Deadline exceeded')),
      request.deadlineMs,
    );
    request.signal?.addEventListener('abort', this.abort);
  }

  begin(stream: ClientHttp2Stream): void {
    this.stream = stream;
    stream.on('response', (headers) => this.headers(headers));
    stream.on('trailers', (headers) => this.status(headers));
    stream.on('data', (chunk: Buffer) => this.data(chunk));
    stream.on('error', () => undefined);
    stream.on('close', () => this.closed(stream));
    stream.end(this.request.frame);
  }

  /** Ends the call with an error of our side and resets its stream. */
  fail(err: WireError): void {
    if (this.over) return;
    this.stream?.close(constants.NGHTTP2_CANCEL);
    this.finish();
    this.reject(err);
  }

  private headers(headers: IncomingHttpHeaders): void {
    if (headers['grpc-status'] !== undefined) this.status(headers);
    else if (Number(headers[':status']) !== 200) this.outcome = httpError(headers);
  }

  private status(headers: IncomingHttpHeaders): void {
    if (headers['grpc-status'] !== undefined) this.outcome = trailersError(headers) ?? null;
  }

  private data(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes === chunk.length) this.reply = chunk;
    else (this.chunks ??= [this.reply]).push(chunk);
    const { maxReplyBytes } = this.request;
    if (this.bytes > maxReplyBytes + FRAME_PREFIX_BYTES)
      this.fail(
        new WireError(
          status.RESOURCE_EXHAUSTED,
          `Received message larger than max (${this.bytes} vs ${maxReplyBytes})`,
        ),
      );
  }

  private closed(stream: ClientHttp2Stream): void {
    if (this.over) return;
    const { rstCode } = stream;
    if (rstCode === constants.NGHTTP2_REFUSED_STREAM && this.outcome === undefined) {
      this.stream = undefined;
      this.onLeave();
      return this.onRefused();
    }
    this.finish();
    if (this.outcome === null) this.deliver();
    else this.reject(this.outcome ?? (stream.session?.destroyed === false ? resetError(rstCode) : lostError()));
  }

  private deliver(): void {
    const whole = this.chunks ? Buffer.concat(this.chunks) : this.reply;
    const broken =
      whole.length < FRAME_PREFIX_BYTES || whole.readUInt32BE(1) !== whole.length - FRAME_PREFIX_BYTES
        ? 'the reply is not one whole message'
        : whole[0] !== 0
          ? 'the reply is compressed'
          : undefined;
    if (broken === undefined) this.resolve(whole.subarray(FRAME_PREFIX_BYTES));
    else this.reject(new WireError(status.INTERNAL, broken));
  }

  private finish(): void {
    this.over = true;
    clearTimeout(this.timer);
    this.request.signal?.removeEventListener('abort', this.abort);
    this.onLeave();
  }
}

export function cancelledError(details = 'the call was cancelled'): WireError {
  return new WireError(status.CANCELLED, details);
}

function lostError(): WireError {
  return new WireError(status.UNAVAILABLE, 'Connection dropped');
}
