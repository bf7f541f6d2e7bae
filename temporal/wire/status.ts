import { constants, type IncomingHttpHeaders } from 'node:http2';
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';

/** The error of one call, in the shape of the gRPC library's, so that everything that reads those reads it. */
export class WireError extends Error implements ServiceError {
  override readonly name = 'WireError';

  constructor(
    readonly code: status,
    readonly details: string,
    readonly metadata = new Metadata(),
    options?: ErrorOptions,
  ) {
    super(`${code} ${status[code] ?? 'UNKNOWN'}: ${details}`, options);
  }
}

/** The error that trailers report; undefined if they report success. */
export function trailersError(headers: IncomingHttpHeaders): WireError | undefined {
  const code = Number(headers['grpc-status']);
  if (code === status.OK) return undefined;
  const details = decodeMessage(String(headers['grpc-message'] ?? ''));
  return new WireError(Number.isInteger(code) ? code : status.UNKNOWN, details, metadataOf(headers));
}

/** The error of a reply that is no gRPC reply, e.g. of a proxy: by its HTTP status, as the gRPC specification maps it. */
export function httpError(headers: IncomingHttpHeaders): WireError {
  const http = Number(headers[':status']);
  return new WireError(HTTP_STATUS[http] ?? status.UNKNOWN, `received HTTP status code ${http}`, metadataOf(headers));
}

const HTTP_STATUS: Readonly<Record<number, status>> = {
  400: status.INTERNAL,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.UNIMPLEMENTED,
  429: status.UNAVAILABLE,
  502: status.UNAVAILABLE,
  503: status.UNAVAILABLE,
  504: status.UNAVAILABLE,
};

/** The error of a stream that ended without a status, by the code that it was reset with. */
export function resetError(rstCode: number): WireError {
  return new WireError(RESET_STATUS[rstCode] ?? status.INTERNAL, `received RST_STREAM with code ${rstCode}`);
}

const RESET_STATUS: Readonly<Record<number, status>> = {
  [constants.NGHTTP2_REFUSED_STREAM]: status.UNAVAILABLE,
  [constants.NGHTTP2_CANCEL]: status.CANCELLED,
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: status.RESOURCE_EXHAUSTED,
  [constants.NGHTTP2_INADEQUATE_SECURITY]: status.PERMISSION_DENIED,
};

/** Text of `grpc-message`: percent-encoded UTF-8. What is not encoded properly is returned as it is. */
export function decodeMessage(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}

/** Reports whether metadata can have a header's name; those of HTTP/2 itself begin with a colon. */
function isName(name: string): boolean {
  return /^[0-9a-z_.-]+$/.test(name);
}

/** Reports whether metadata can contain a header's value. A proxy may send others, and the class throws for them. */
function isText(value: string): boolean {
  return /^[ -~]*$/.test(value);
}

function metadataOf(headers: IncomingHttpHeaders): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) {
    if (!isName(name) || name === 'grpc-status' || name === 'grpc-message') continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === undefined) continue;
      // Several binary values may be joined by commas.
      if (name.endsWith('-bin')) for (const part of one.split(',')) metadata.add(name, Buffer.from(part, 'base64'));
      else if (isText(one)) metadata.add(name, one);
    }
  }
  return metadata;
}
