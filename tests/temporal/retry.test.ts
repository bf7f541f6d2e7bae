import fc from 'fast-check';
import { withRetries } from '../../temporal/retry';

test('withRetries calls until a call succeeds or shouldRetry returns false, and pauses after each failure', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(8), fc.nat(8), async (failing, allowed) => {
      let calls = 0;
      const pauses: number[] = [];
      const result = withRetries(
        async () => {
          calls += 1;
          if (calls <= failing) throw new Error(`failure ${calls}`);
          return calls;
        },
        {
          shouldRetry: (err, failures) => (err as Error).message === `failure ${failures}` && failures <= allowed,
          delayMs: (failures) => pauses.push(failures) * 0,
        },
      );
      if (failing <= allowed) expect(await result).toBe(failing + 1);
      else await expect(result).rejects.toThrow(`failure ${allowed + 1}`);
      expect(calls).toBe(Math.min(failing, allowed) + 1);
      expect(pauses).toEqual(Array.from({ length: Math.min(failing, allowed) }, (_, i) => i + 1));
    }),
    { numRuns: 100 },
  );
});
