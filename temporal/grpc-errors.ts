import { status, type ServiceError } from '@grpc/grpc-js';
import { temporal, google } from '@temporalio/proto';
import { limitOf } from '../measurement/findings/limits';
import { CONNECTION_LOST } from '../measurement/findings/unconfirmed-starts';

const { ResourceExhaustedCause, ResourceExhaustedScope } = temporal.api.enums.v1;

/** The classification of a failed start, for the ledger and for messages. */
export interface StartError {
  /** Whether the server rejected the start or its outcome is unknown. Both are provisional (I3c). */
  readonly kind: 'rejected' | 'unknown' | 'already-started';
  /**
   * The gRPC code. RESOURCE_EXHAUSTED has the cause and scope from the server appended, e.g.
   * `RESOURCE_EXHAUSTED/RPS_LIMIT/namespace`; a database error has its state appended, e.g. `UNAVAILABLE/SQLSTATE_53400`;
   * an error of the connection, which no server reported, is `UNAVAILABLE/connection`.
   */
  readonly cause: string;
  /** The error message, at most 200 characters on one line. */
  readonly message: string;
}

/** A start without a confirmation. */
export type FailedStart = Omit<StartError, 'kind'> & { readonly kind: 'rejected' | 'unknown' };

/** What Node, the gRPC library and the wire layer report when a connection fails. */
const CONNECTION_ERROR =
  /\b(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)\b|No connection established|Connection dropped/;

const MAX_MESSAGE = 200;

/** Codes after which the server may still have committed the write. */
const MAYBE_COMMITTED = new Set<number>([
  status.DEADLINE_EXCEEDED,
  status.UNAVAILABLE,
  status.CANCELLED,
  status.UNKNOWN,
  status.INTERNAL,
  status.ABORTED,
]);

export function isGrpcError(err: unknown): err is ServiceError {
  return err instanceof Error && typeof (err as ServiceError).code === 'number' && 'metadata' in err;
}

export function grpcCode(err: unknown): number | undefined {
  return isGrpcError(err) ? err.code : undefined;
}

/** Errors that may be over a moment later: the server is busy, throttles, or is not reached. */
const PASSING: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.RESOURCE_EXHAUSTED,
  status.ABORTED,
]);

/** Returns whether a call that failed with this error may succeed a moment later. */
export function mayPass(err: unknown): boolean {
  return PASSING.has(grpcCode(err) ?? status.UNKNOWN);
}

export function classifyStartError(err: unknown): StartError {
  const message = shorten(
    isGrpcError(err) ? err.details || err.message : err instanceof Error ? err.message : String(err),
  );
  if (!isGrpcError(err)) return { kind: 'unknown', cause: err instanceof Error ? err.name : 'unknown error', message };
  const code = status[err.code] ?? `code ${err.code}`;
  if (err.code === status.ALREADY_EXISTS) return { kind: 'already-started', cause: code, message };
  if (err.code === status.RESOURCE_EXHAUSTED)
    return { kind: 'rejected', cause: [code, ...resourceExhausted(err)].join('/'), message };
  return { kind: MAYBE_COMMITTED.has(err.code) ? 'unknown' : 'rejected', cause: causeOf(code, err), message };
}

function causeOf(code: string, { code: number, details = '' }: Partial<ServiceError>): string {
  const sqlState = /SQLSTATE[ =:]*([0-9A-Z]{5})\b/.exec(details)?.[1];
  if (sqlState !== undefined) return `${code}/SQLSTATE_${sqlState}`;
  return number === status.UNAVAILABLE && CONNECTION_ERROR.test(details) ? CONNECTION_LOST : code;
}

/** Returns a message on one line, without control characters, cut to its maximum length. */
export function shorten(message: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what it removes
  const line = message.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ').trim();
  return line.length <= MAX_MESSAGE ? line : `${line.slice(0, MAX_MESSAGE - 1)}…`;
}

/** Returns cause and scope from `grpc-status-details-bin`; empty if the server does not send them, or garbled. */
function resourceExhausted({ metadata }: Partial<ServiceError>): string[] {
  const [details] = metadata?.get('grpc-status-details-bin') ?? [];
  const failure = details instanceof Uint8Array ? decodeExhausted(details) : undefined;
  if (!failure) return [];
  // A newer server may have causes and scopes that this version does not know.
  const cause = ResourceExhaustedCause[failure.cause] ?? `CAUSE_${failure.cause}`;
  const scope = ResourceExhaustedScope[failure.scope] ?? `SCOPE_${failure.scope}`;
  return [
    cause.replace(/^RESOURCE_EXHAUSTED_CAUSE_/, ''),
    scope.replace(/^RESOURCE_EXHAUSTED_SCOPE_/, '').toLowerCase(),
  ];
}

/** Returns the details of a rejection; undefined if there are none or they cannot be decoded. */
function decodeExhausted(details: Uint8Array) {
  try {
    const { details: anys } = google.rpc.Status.decode(details);
    const found = anys.find((any) => any.type_url?.endsWith('ResourceExhaustedFailure'));
    return found?.value && temporal.api.errordetails.v1.ResourceExhaustedFailure.decode(found.value);
  } catch {
    return undefined;
  }
}

/** Returns one line for people: the gRPC code, the server's message and, for a rejection, the limit. */
export function describeGrpcError(err: unknown): string {
  if (isGrpcError(err))
    return `${status[err.code] ?? `code ${err.code}`}: ${err.details || err.message}${limitIn(err)}`;
  const cause = err instanceof Error ? err.cause : undefined;
  if (isGrpcError(cause)) return describeGrpcError(cause);
  return err instanceof Error ? err.message : String(err);
}

/** Returns the limit that a rejection names, and the setting that changes it. */
function limitIn(err: ServiceError): string {
  const limit = err.code === status.RESOURCE_EXHAUSTED ? limitOf(classifyStartError(err).cause) : undefined;
  return limit ? ` (${limit.name}: ${limit.knob}, by default ${limit.default})` : '';
}
