import { Metadata, type status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { classifyStartError, describeGrpcError } from '../../temporal/grpc-errors';
import { httpError, trailersError } from '../../temporal/wire/status';
import { google, temporal } from '@temporalio/proto';
import { fuzzRuns } from '../support/fuzz';

jest.setTimeout(600_000);

const { ResourceExhaustedFailure } = temporal.api.errordetails.v1;

/** Details of a refusal: with any cause and scope, or anything else. */
const details = fc.oneof(
  fc
    .record({ cause: fc.integer(), scope: fc.integer(), type: fc.constantFrom('ResourceExhaustedFailure', 'x') })
    .map((one) => {
      const value = ResourceExhaustedFailure.encode(one).finish();
      return Buffer.from(
        google.rpc.Status.encode({ details: [{ type_url: `type.googleapis.com/${one.type}`, value }] }).finish(),
      );
    }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant('%E0%A4%A'));
const headers = fc.record({
  ':status': fc.oneof(fc.constant(200), fc.integer()),
  'grpc-status': fc.oneof(fc.integer({ min: -1, max: 20 }).map(String), text, fc.constant(undefined)),
  'grpc-message': fc.oneof(text, fc.constant(undefined)),
  'grpc-status-details-bin': fc.oneof(
    details.map((bytes) => bytes.toString('base64')),
    text,
    fc.constant(undefined),
  ),
  'x!name': text,
  server: fc.oneof(text, fc.array(text), fc.constant(undefined)),
});

function expectClassified(err: unknown): void {
  const { kind, cause, message } = classifyStartError(err);
  expect(['rejected', 'unknown', 'already-started']).toContain(kind);
  expect(cause).toMatch(/./);
  expect(message.length).toBeLessThanOrEqual(200);
  expect(typeof describeGrpcError(err)).toBe('string');
}

test('whatever headers and trailers a server or a proxy sends, a start has a classified end', () => {
  fc.assert(
    fc.property(headers, (sent) => {
      for (const err of [trailersError(sent as never), httpError(sent as never)]) if (err) expectClassified(err);
    }),
    { numRuns: fuzzRuns(300, 5000) },
  );
});

test('whatever a failed call throws, a start has a classified end', () => {
  const errors = fc.oneof(
    fc
      .record({ code: fc.integer({ min: -1, max: 20 }), message: text, details: text, bytes: fc.array(details) })
      .map((one) => {
        const metadata = new Metadata();
        for (const each of one.bytes) metadata.add('grpc-status-details-bin', each);
        return Object.assign(new Error(one.message), { code: one.code as status, details: one.details, metadata });
      }),
    text.map((message) => new Error(message)),
    fc.constantFrom(undefined, null, 5, 'text'),
  );
  fc.assert(fc.property(errors, expectClassified), { numRuns: fuzzRuns(300, 5000) });
});

test('an error without metadata or details is classified by its code', () => {
  const err = Object.assign(new Error('x'), { code: 8, metadata: undefined, details: undefined });
  expect(classifyStartError(err)).toEqual({ kind: 'rejected', cause: 'RESOURCE_EXHAUSTED', message: 'x' });
  expect(describeGrpcError(err)).toBe('RESOURCE_EXHAUSTED: x');
});
