import { ServiceError } from '@temporalio/client';
import { status } from '@grpc/grpc-js';
import { badConfiguration, messageOf } from '../../cli/errors';
import { grpcFailure } from '../support/fake-target';

test('an error of the SDK has the answer of the server in its message', () => {
  const cause = grpcFailure(status.NOT_FOUND, 'Namespace x is not found.');
  expect(messageOf(new ServiceError('Failed to list workflows', { cause }))).toBe(
    'Failed to list workflows: NOT_FOUND: Namespace x is not found.',
  );
});

test.each([badConfiguration('--rate requires a value'), new Error('the disk is full')])(
  '%s is shown as it is',
  (err) => {
    expect(messageOf(err)).toBe(err.message);
  },
);

test('a message that has the answer already is not repeated', () => {
  const cause = grpcFailure(status.UNAVAILABLE, 'away');
  expect(messageOf(new Error('the frontend cannot be used: UNAVAILABLE: away', { cause }))).toBe(
    'the frontend cannot be used: UNAVAILABLE: away',
  );
});
