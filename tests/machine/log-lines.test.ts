import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { fromLogLines, toLogLines } from '../../machine/log-lines';
import { resultWithoutRun } from '../../report/result';

const result = (error: string) => resultWithoutRun('ERROR', error, {}, 0);

test('fromLogLines restores a result whose lines are shuffled, repeated and mixed with others', () => {
  const noise = fc.constantFrom('{"level":"info"}', '', '{"benchmarkResult":{}}', 'live 12.0/s p50 3 ms');
  fc.assert(
    fc.property(fc.string({ maxLength: 50 }), fc.array(noise), fc.infiniteStream(fc.nat()), (error, between, order) => {
      const expected = result(error);
      const lines = [...toLogLines(expected), ...toLogLines(expected), ...between];
      const shuffled = lines.map((line) => [order.next().value as number, line] as const).sort(([a], [b]) => a - b);
      expect(fromLogLines(shuffled.map(([, line]) => line))).toEqual([JSON.parse(JSON.stringify(expected))]);
    }),
  );
});

test('a long result is split into lines that no log cuts; if a line is missing, there is no result', () => {
  // Random data does not compress.
  const random = Array.from({ length: 800 }, (_, i) => createHash('sha256').update(String(i)).digest('base64'));
  const expected = result(random.join(''));
  const lines = toLogLines(expected);
  expect(lines.length).toBeGreaterThan(2);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(16_000);
  expect(fromLogLines(lines)).toEqual([JSON.parse(JSON.stringify(expected))]);
  expect(fromLogLines(lines.slice(1))).toEqual([]);
});
