import fc from 'fast-check';
import { LaneAccount } from '../../activities/generate-load/lane-account';
import { firstDueAfter } from '../../activities/generate-load/lane-schedule';
import { unaccounted } from '../../measurement/account/ledger';
import { SequenceSet } from '../../measurement/account/sequence-set';
import { lostLane } from '../../orchestrator/lost-lane';
import { laneInput } from '../support/lane';

const outcome = fc.constantFrom('acknowledged', 'rejected', 'unknown', 'skipped', 'open');

test('I1, I5: a lane without a generator has the account of its last heartbeat, and every other due arrival is in doubt', () => {
  fc.assert(
    fc.property(
      fc.array(outcome, { maxLength: 60 }),
      fc.constantFrom('uniform' as const, 'poisson' as const),
      fc.integer({ min: -1000, max: 4000 }),
      (outcomes, process, nowMs) => {
        const input = laneInput({ rate: 60, seconds: 3, lanes: 2, lane: 1, process, startAtMs: 5000 });
        const account = new LaneAccount(input);
        outcomes.forEach((what, i) => {
          account.schedule(i, i);
          if (what === 'acknowledged') account.acknowledge(i, i, 1);
          else if (what === 'skipped') account.skip(i, i, 'in-flight-cap');
          else if (what !== 'open') account.fail(i, i, { kind: what, cause: 'CAUSE', message: 'boom' });
        });
        const { ledger, provisional } = lostLane(input, 1, account.checkpoint('sending'), 5000 + nowMs, 'lost');
        expect(unaccounted(ledger)).toBe(0);
        const due = Math.max(outcomes.length, firstDueAfter(input, nowMs));
        expect(ledger.scheduled).toBe(due);
        const doubtful = Array.from({ length: due }, (_, i) => i).filter((i) => (outcomes[i] ?? 'open') === 'open');
        expect([...SequenceSet.from(provisional.inDoubt!)]).toEqual(doubtful);
        expect(ledger.inDoubt).toBe(doubtful.length);
      },
    ),
    { numRuns: 200 },
  );
});

test('a lane whose last heartbeat is unknown has every due arrival in doubt, and none before its step begins', () => {
  const input = laneInput({ rate: 10, seconds: 3, startAtMs: 5000 });
  expect(lostLane(input, 0, undefined, 6000, 'lost').ledger).toMatchObject({ scheduled: 10, inDoubt: 10 });
  expect(lostLane(input, 0, undefined, 60_000, 'lost').ledger).toMatchObject({ scheduled: 30, inDoubt: 30 });
  expect(lostLane(input, 0, undefined, 4000, 'lost').ledger).toMatchObject({ scheduled: 0, inDoubt: 0 });
});

test('the time since the last heartbeat of a lost lane is an interruption that did not end', () => {
  const input = laneInput({ rate: 10, seconds: 3, startAtMs: 5000 });
  const account = new LaneAccount(input);
  for (let i = 0; i < 4; i += 1) account.schedule(i, i);
  const { interruptions } = lostLane(input, 0, account.checkpoint('sending'), 7000, 'lost');
  // The fifth arrival is due after 450 ms.
  expect(interruptions).toEqual([{ fromMs: 450 }]);
  expect(lostLane(input, 0, undefined, 6000, 'lost').interruptions).toEqual([{ fromMs: 0 }]);
});
