import fc from 'fast-check';
import { AbortWatch, type RunSample } from '../../../measurement/judging/abort';
import { emptyLedger } from '../../../measurement/account/ledger';
import { histogramsOf } from '../../support/facts';

const nothing = histogramsOf([]).latency;

function sample(atMs: number, change: Partial<RunSample> = {}): RunSample {
  return { atMs, ledger: emptyLedger, latency: nothing, ...change };
}

test('a run is aborted exactly when the error rate of the window exceeds the limit, whatever happened before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ ok: fc.nat(50), bad: fc.nat(50) }), { minLength: 2, maxLength: 40, size: 'max' }),
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      (seconds, errorRate) => {
        const watch = new AbortWatch({ windowMs: 5000, errorRate });
        let [scheduled, bad] = [0, 0];
        const sums = [{ scheduled, bad }];
        expect(watch.breach(sample(0))).toBeUndefined();
        seconds.forEach((second, i) => {
          scheduled += second.ok + second.bad;
          bad += second.bad;
          sums.push({ scheduled, bad });
          const breach = watch.breach(
            sample((i + 1) * 1000, { ledger: { ...emptyLedger, scheduled, rejected: { X: bad } } }),
          );
          const before = sums[i + 1 - 5];
          const all = before ? scheduled - before.scheduled : 0;
          // Fewer than three failures decide nothing.
          const failures = bad - (before?.bad ?? 0);
          expect(breach !== undefined).toBe(all > 0 && failures >= 3 && failures / all > errorRate);
        });
      },
    ),
    { numRuns: 200 },
  );
});

test('one failed start of a few does not abort a run; an outage does', () => {
  const atOnePerSecond = (failed: number) => {
    const watch = new AbortWatch({ windowMs: 10_000, errorRate: 0.05 });
    watch.breach(sample(0));
    return watch.breach(
      sample(10_000, { ledger: { ...emptyLedger, scheduled: 10, rejected: { UNAVAILABLE: failed } } }),
    );
  };
  expect([1, 2].map(atOnePerSecond)).toEqual([undefined, undefined]);
  expect(atOnePerSecond(3)).toMatch(/^30\.0 % of the starts failed over the last 10 s/);
});

test('the p99 is that of the window, not of the whole run', () => {
  const slow = Array.from({ length: 200 }, () => 900);
  const fast = Array.from({ length: 2000 }, () => 10);
  const watch = new AbortWatch({ windowMs: 5000, p99Ms: 500 });
  expect(watch.breach(sample(0, { latency: nothing }))).toBeUndefined();
  expect(watch.breach(sample(5000, { latency: histogramsOf(slow).latency }))).toMatch(
    /^the p99 latency was 900 ms over the last 5 s/,
  );
  const both = histogramsOf([...slow, ...fast]).latency;
  expect(watch.breach(sample(10_000, { latency: both }))).toBeUndefined();
});

test('the backlog must be too old in every sample of the window; a missing value is not too old', () => {
  const watch = new AbortWatch({ windowMs: 3000, backlogAgeMs: 2000 });
  const ages = [0, 3000, 4000, undefined, 5000, 6000, 7000, 8000];
  const breached = ages.map((backlogAgeMs, i) => watch.breach(sample(i * 1000, { backlogAgeMs })) !== undefined);
  expect(breached).toEqual([false, false, false, false, false, false, false, true]);
});
