import fc from 'fast-check';
import { checkAbortRequest } from '../../orchestrator/abort-request';

test.each([undefined, null, {}, { reason: undefined }, { reason: '' }, { reason: 'seen enough' }])(
  'abort accepts %j',
  (request) => expect(() => checkAbortRequest(request)).not.toThrow(),
);

test.each([
  [{ reason: 5 }, 'the reason of abort is not a text'],
  [{ reason: null }, 'the reason of abort is not a text'],
  [{ reason: { text: 'x' } }, 'the reason of abort is not a text'],
  [{ reason: 'x'.repeat(1001) }, 'the reason of abort has 1001 characters'],
  [{ why: 'x' }, 'why is not a field of abort'],
  ['seen enough', 'the argument of abort is not an object'],
  [['x'], 'the argument of abort is not an object'],
])('abort refuses %j', (request, why) => {
  expect(() => checkAbortRequest(request)).toThrow(
    `${why}; expected nothing or {"reason": text}, with a text of at most`,
  );
});

test('whatever abort accepts has no reason or a text, so that the result is valid', () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.record({ reason: fc.anything() })), (request) => {
      try {
        checkAbortRequest(request);
      } catch (err) {
        expect(err).toMatchObject({ type: 'BadAbortRequest', nonRetryable: true });
        return;
      }
      expect(['undefined', 'string']).toContain(typeof (request as { reason?: unknown } | null | undefined)?.reason);
    }),
  );
});
