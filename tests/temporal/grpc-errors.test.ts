import fc from 'fast-check';
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { google, temporal } from '@temporalio/proto';
import { classifyStartError, describeGrpcError } from '../../temporal/grpc-errors';

function error(code: status, change: (metadata: Metadata) => void = () => undefined): ServiceError {
  const metadata = new Metadata();
  change(metadata);
  return Object.assign(new Error('boom'), { code, details: 'boom', metadata });
}

test('the cause of RESOURCE_EXHAUSTED contains the cause and scope that the server sends', () => {
  const failure = temporal.api.errordetails.v1.ResourceExhaustedFailure.encode({ cause: 1, scope: 1 }).finish();
  const details = google.rpc.Status.encode({
    details: [{ type_url: 'type.googleapis.com/x.ResourceExhaustedFailure', value: failure }],
  }).finish();
  const rejected = error(status.RESOURCE_EXHAUSTED, (metadata) =>
    metadata.set('grpc-status-details-bin', Buffer.from(details)),
  );
  expect(classifyStartError(rejected)).toEqual({
    kind: 'rejected',
    cause: 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace',
    message: 'boom',
  });
  expect(classifyStartError(error(status.RESOURCE_EXHAUSTED))).toEqual({
    kind: 'rejected',
    cause: 'RESOURCE_EXHAUSTED',
    message: 'boom',
  });
});

test('a cause that this version does not know has its number, and garbled details have no cause', () => {
  const withDetails = (bytes: Uint8Array) =>
    error(status.RESOURCE_EXHAUSTED, (metadata) => metadata.set('grpc-status-details-bin', Buffer.from(bytes)));
  const exhausted = (value: Uint8Array) =>
    google.rpc.Status.encode({ details: [{ type_url: 'x.ResourceExhaustedFailure', value }] }).finish();
  const unknown = temporal.api.errordetails.v1.ResourceExhaustedFailure.encode({
    cause: 99 as never,
    scope: 98 as never,
  }).finish();
  const causeOf = (bytes: Uint8Array) => classifyStartError(withDetails(bytes));
  expect(causeOf(exhausted(unknown))).toMatchObject({
    kind: 'rejected',
    cause: 'RESOURCE_EXHAUSTED/CAUSE_99/scope_98',
  });
  expect(describeGrpcError(withDetails(exhausted(unknown)))).toBe('RESOURCE_EXHAUSTED: boom');
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
      for (const details of [bytes, exhausted(bytes)])
        expect(causeOf(details)).toMatchObject({
          kind: 'rejected',
          cause: expect.stringMatching(/^RESOURCE_EXHAUSTED/),
        });
    }),
  );
});

test('I3c: a start that may have been committed is unknown, not rejected', () => {
  for (const code of [status.DEADLINE_EXCEEDED, status.UNAVAILABLE, status.INTERNAL]) {
    expect(classifyStartError(error(code))).toMatchObject({ kind: 'unknown', cause: status[code] });
  }
  for (const code of [status.PERMISSION_DENIED, status.INVALID_ARGUMENT, status.NOT_FOUND]) {
    expect(classifyStartError(error(code))).toMatchObject({ kind: 'rejected', cause: status[code] });
  }
  expect(classifyStartError(error(status.ALREADY_EXISTS)).kind).toBe('already-started');
  expect(classifyStartError(new TypeError('no'))).toEqual({ kind: 'unknown', cause: 'TypeError', message: 'no' });
});

test('the cause of a database error contains its state, and the message of a rejected call names the setting of the limit', () => {
  const refused = Object.assign(error(status.UNAVAILABLE), { details: 'failed to connect (SQLSTATE 53400)' });
  expect(classifyStartError(refused)).toMatchObject({ kind: 'unknown', cause: 'UNAVAILABLE/SQLSTATE_53400' });
  const failure = temporal.api.errordetails.v1.ResourceExhaustedFailure.encode({ cause: 4, scope: 2 }).finish();
  const value = google.rpc.Status.encode({ details: [{ type_url: 'x.ResourceExhaustedFailure', value: failure }] });
  const limited = error(status.RESOURCE_EXHAUSTED, (metadata) =>
    metadata.set('grpc-status-details-bin', Buffer.from(value.finish())),
  );
  expect(describeGrpcError(limited)).toMatch(/^RESOURCE_EXHAUSTED: boom \(.*: .*persistenceMaxQPS, by default /);
});

test("describeGrpcError contains the code and the server's message", () => {
  expect(describeGrpcError(error(status.UNAVAILABLE))).toBe('UNAVAILABLE: boom');
  expect(describeGrpcError(new Error('outer', { cause: error(status.NOT_FOUND) }))).toBe('NOT_FOUND: boom');
});

test.each([
  'No connection established. Last error: connect ECONNREFUSED 127.0.0.1:7233',
  'read ECONNRESET',
  'getaddrinfo ENOTFOUND frontend',
  'Connection dropped',
])('an error of the connection is not attributed to the server: %s', (details) => {
  const lost = Object.assign(error(status.UNAVAILABLE), { details });
  expect(classifyStartError(lost)).toEqual({ kind: 'unknown', cause: 'UNAVAILABLE/connection', message: details });
  expect(classifyStartError(Object.assign(error(status.INTERNAL), { details })).cause).toBe('INTERNAL');
});

test('an example message is one short line, whatever the server replies', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 2000, size: 'max' }), (details) => {
      const { message } = classifyStartError(Object.assign(error(status.INVALID_ARGUMENT), { details }));
      expect(message.length).toBeLessThanOrEqual(200);
      expect([...message].every((character) => character >= ' ')).toBe(true);
    }),
  );
});
