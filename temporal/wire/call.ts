import { constants, type ClientHttp2Stream, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { FRAME_PREFIX_BYTES } from './encode';
import { httpError, resetError, trailersError, WireError } from './status';

/** What one call sends. */
export interface CallRequest {
  readonly headers: OutgoingHttpHeaders;
  readonly frame: Buffer;
  readonly maxReplyBytes: number;
}

/** What a call occupies a place of until it ends: a queue, a session, a deadline, or a signal. */
export interface Place {
  /** Called once when the call no longer occupies the place. */
  leave(call: Call): void;
}

const NOTHING = Buffer.alloc(0);
/** The property of a stream that refers to its call: handlers that all streams share cost less than closures per call. */
const CALL = Symbol('call');

type CallStream = ClientHttp2Stream & { [CALL]: Call };

function onResponse(this: CallStream, headers: IncomingHttpHeaders): void {
  this[CALL].takeHeaders(headers);
}

function onTrailers(this: CallStream, headers: IncomingHttpHeaders): void {
  this[CALL].takeStatus(headers);
}

function onData(this: CallStream, chunk: Buffer): void {
  this[CALL].takeData(chunk);
}

function onClose(this: CallStream): void {
  this[CALL].closed(this);
}

function ignore(): void {
  // The close of the stream follows.
}

/** One unary call. It waits for a stream, may be refused by one and take another, and ends exactly once. */
export class Call {
  /** Where the call is: in a queue, or on a session. */
  place?: Place;
  /** When the call fails unless it has ended: performance.now. */
  dueAtMs = 0;
  private stream?: ClientHttp2Stream;
  private reply: Buffer = NOTHING;
  private chunks?: Buffer[];
  private bytes = 0;
  /** What headers or trailers said: an error, or null for success. */
  private outcome: WireError | null | undefined;
  private over = false;

  /**
   * @param deadline what ends the call when its time is over, and `signal` what ends it when it is canceled
   * @param onRefused called when the server refused the stream, so that it certainly has not processed the call
   */
  constructor(
    readonly request: CallRequest,
    private readonly deadline: Place,
    private readonly signal: Place | undefined,
    private readonly onRefused: (call: Call) => void,
    private readonly resolve: (reply: Buffer) => void,
    private readonly reject: (err: WireError) => void,
  ) {}

  begin(stream: ClientHttp2Stream): void {
    this.stream = stream;
    (stream as CallStream)[CALL] = this;
    stream.on('response', onResponse);
    stream.on('trailers', onTrailers);
    stream.on('data', onData);
    stream.on('error', ignore);
    stream.on('close', onClose);
    stream.end(this.request.frame);
  }

  /** Ends the call with an error of our side and resets its stream. */
  fail(err: WireError): void {
    if (this.over) return;
    this.stream?.close(constants.NGHTTP2_CANCEL);
    this.finish();
    this.reject(err);
  }

  /** Leaves its stream, which the server or the end of the session refused, and takes another. */
  refused(): void {
    this.stream = undefined;
    this.leave();
    this.onRefused(this);
  }

  takeHeaders(headers: IncomingHttpHeaders): void {
    if (headers['grpc-status'] !== undefined) this.takeStatus(headers);
    else if (Number(headers[':status']) !== 200) this.outcome = httpError(headers);
  }

  takeStatus(headers: IncomingHttpHeaders): void {
    if (headers['grpc-status'] !== undefined) this.outcome = trailersError(headers) ?? null;
  }

  takeData(chunk: Buffer): void {
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

  closed(stream: ClientHttp2Stream): void {
    if (this.over) return;
    const { rstCode } = stream;
    if (rstCode === constants.NGHTTP2_REFUSED_STREAM && this.outcome === undefined) return this.refused();
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
    this.deadline.leave(this);
    this.signal?.leave(this);
    this.leave();
  }

  private leave(): void {
    const { place } = this;
    this.place = undefined;
    place?.leave(this);
  }
}

export function cancelledError(details = 'the call was cancelled'): WireError {
  return new WireError(status.CANCELLED, details);
}

function lostError(): WireError {
  return new WireError(status.UNAVAILABLE, 'Connection dropped');
}
