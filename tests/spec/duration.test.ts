import fc from 'fast-check';
import { durationMs, formatDuration, parseDuration } from '../../spec/duration';

test('a formatted duration parses to the same time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 86_400_000 }), (ms) => expect(parseDuration(formatDuration(ms))).toBe(ms)),
    { numRuns: 300 },
  );
  expect(formatDuration(90_000)).toBe('1m30s');
});

test.each([
  ['1h30m', 5_400_000],
  ['0.5s', 500],
  ['2d', 172_800_000],
  ['250ms', 250],
])('%s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', '5', 's', '-5s', '5 s', '1e3s', '5S'])('%j is not a duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
  expect(() => durationMs(text)).toThrow(RangeError);
});
