import fc from 'fast-check';
import { LaneAccount } from '../../../activities/generate-load/lane-account';
import { summarize } from '../../../measurement/account/histogram';
import { total, unaccounted } from '../../../measurement/account/ledger';
import { idleAudit as audit } from '../../../measurement/account/generator-audit';
import type { LaneResult } from '../../../measurement/account/lane';
import { unpackSeries, type SeriesCount } from '../../../measurement/account/series';
import { lostLane } from '../../../orchestrator/lost-lane';
import type { LaneCheckpoint } from '../../../orchestrator/activity-types';
import { laneInput, simple } from '../../support/lane';

/** The outcome of one arrival, and whether it is known before the process dies. */
const arrival = fc.record({
  outcome: fc.constantFrom('completed', 'failed', 'unobserved', 'lost', 'recovered', 'rejected', 'unknown', 'capped'),
  answered: fc.boolean(),
});
type Arrival = typeof arrival extends fc.Arbitrary<infer T> ? T : never;

/** Records arrivals in an account. Those that are not answered stay open. */
function play(account: LaneAccount, from: number, arrivals: readonly Arrival[], allAnswered: boolean): void {
  arrivals.forEach(({ outcome, answered }, i) => {
    const sequence = from + i;
    const dueMs = i * 10;
    account.schedule(sequence, dueMs);
    if (outcome === 'capped') return account.skip(sequence, dueMs, 'in-flight-cap');
    account.send(sequence, 0.5);
    if (!answered && !allAnswered) return;
    if (outcome === 'recovered') return account.recover(sequence);
    if (outcome === 'rejected' || outcome === 'unknown')
      return account.fail(sequence, dueMs, { kind: outcome, cause: 'CAUSE', message: 'boom' });
    account.acknowledge(sequence, dueMs + 3, 3);
    if (outcome === 'unobserved') return;
    account.choose(0);
    if (outcome === 'completed') account.complete({ sequence, atMs: dueMs + 20, latencyMs: 20, serviceMs: 19 });
    else if (outcome === 'failed') account.closeOtherwise(sequence, dueMs + 20, 'failed');
    else account.loseTrack(sequence, dueMs + 20);
  });
}

test('I1 and I6 hold for all outcomes of arrivals', () => {
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 80 }), (arrivals) => {
      const account = new LaneAccount(laneInput());
      play(account, 0, arrivals, true);
      account.giveUpWaiting();
      const { ledger, observation, histograms } = account.result(audit, undefined);
      expect(ledger.scheduled).toBe(arrivals.length);
      expect(unaccounted(ledger)).toBe(0);
      expect(account.inFlight).toBe(0);
      expect(summarize(histograms.latency).count).toBe(observation.completed);
      expect(observation.completed + total(observation.failed) + observation.lost + observation.pending).toBe(
        observation.chosen,
      );
    }),
    { numRuns: 200 },
  );
});

test('I1: a successor of a lane with too many scattered errors to name them keeps their counts', () => {
  const died = new LaneAccount(laneInput({ rate: 1000 }));
  for (let i = 0; i < 3600; i += 1) {
    died.schedule(i, i);
    if (i % 3 === 0) died.acknowledge(i, i, 1);
    else if (i % 3 === 1)
      died.fail(i, i, { kind: i % 2 ? 'rejected' : 'unknown', cause: `CAUSE_${i % 4}`, message: 'boom' });
  }
  const successor = new LaneAccount(laneInput({ rate: 1000 }));
  successor.resume(died.checkpoint('sending'), 3600);
  const { ledger, provisional } = successor.result(audit, undefined);
  expect(provisional).toEqual({ rejected: null, unknown: null, inDoubt: null });
  expect([total(ledger.rejected), total(ledger.unknown), ledger.inDoubt]).toEqual([600, 600, 1200]);
  expect(unaccounted(ledger)).toBe(0);
  const third = new LaneAccount(laneInput({ rate: 1000 }));
  third.resume(successor.checkpoint('sending'), 3610);
  expect(third.result(audit, undefined).ledger).toMatchObject({ scheduled: 3610, inDoubt: 1210 });
  expect(unaccounted(third.result(audit, undefined).ledger)).toBe(0);
});

test('I5: a successor takes over the whole account, and arrivals that were open or due in the gap are in doubt', () => {
  fc.assert(
    fc.property(
      fc.array(arrival, { maxLength: 60 }),
      fc.nat(40),
      fc.array(arrival, { maxLength: 30 }),
      (before, gap, after) => {
        const died = new LaneAccount(laneInput());
        play(died, 0, before, false);
        const checkpoint = JSON.parse(JSON.stringify(died.checkpoint('sending'))) as ReturnType<
          LaneAccount['checkpoint']
        >;

        const successor = new LaneAccount(laneInput());
        const resumeAt = before.length + gap;
        successor.resume(checkpoint, resumeAt);
        play(successor, resumeAt, after, true);
        successor.giveUpWaiting();
        const { ledger, provisional, observation, gapArrivals } = successor.result(audit, undefined);

        expect(ledger.scheduled).toBe(before.length + gap + after.length);
        expect(unaccounted(ledger)).toBe(0);
        const open = before.filter(({ outcome, answered }) => outcome !== 'capped' && !answered).length;
        expect(ledger.inDoubt).toBe(open + gap);
        expect(gapArrivals).toBe(gap);
        const named = (provisional.inDoubt ?? []).filter((_, i) => i % 2 === 1).reduce((sum, n) => sum + n, 0);
        expect(named).toBe(ledger.inDoubt);
        expect(observation.completed + total(observation.failed) + observation.lost + observation.pending).toBe(
          observation.chosen,
        );
      },
    ),
    { numRuns: 200 },
  );
});

/** Expects that the series of a lane adds up to its ledger and its observations. */
function expectWhole({ ledger, observation, series }: Pick<LaneResult, 'ledger' | 'observation' | 'series'>): void {
  const points = unpackSeries(series);
  const sum = (column: SeriesCount) => points.reduce((n, point) => n + point[column], 0);
  expect(sum('scheduled')).toBe(ledger.scheduled);
  expect(sum('acknowledged')).toBe(ledger.acknowledged);
  expect(sum('rejected')).toBe(total(ledger.rejected) + total(ledger.unknown));
  expect(sum('skipped')).toBe(total(ledger.skipped));
  expect(sum('completed')).toBe(observation.completed);
  expect(sum('failed')).toBe(total(observation.failed));
}

test('I6: the series adds up to the ledger, also after a takeover, a handover and the loss of every generator', () => {
  const process = fc.constantFrom('uniform' as const, 'poisson' as const);
  const arrivals = fc.array(arrival, { maxLength: 60 });
  fc.assert(
    fc.property(arrivals, fc.nat(20), fc.nat(20), arrivals, process, (before, reserved, gap, after, kind) => {
      const input = laneInput({ process: kind, seconds: 5 });
      const leaving = new LaneAccount(input);
      play(leaving, 0, before, false);
      const through = before.length + reserved;
      const checkpoint = JSON.parse(JSON.stringify(leaving.checkpoint('sending', through))) as LaneCheckpoint;
      expectWhole(lostLane(input, 0, checkpoint, 3000, 'lost'));
      const successor = new LaneAccount(input);
      successor.resume(checkpoint, through + gap);
      play(successor, through + gap, after, true);
      expectWhole(successor.result(audit, undefined));
    }),
    { numRuns: 100 },
  );
});

test('a successor shows the past of its lane in the intervals in which it was, evenly spread if there are many', () => {
  const input = laneInput({ rate: 10, seconds: 600 });
  const died = new LaneAccount(input);
  for (let i = 0; i < 6000; i += 1) {
    died.schedule(i, i * 100);
    died.acknowledge(i, i * 100, 1);
  }
  const successor = new LaneAccount(input);
  successor.resume(died.checkpoint('sending'), 6000);
  const points = unpackSeries(successor.result(audit, undefined).series);
  expect(points.map(({ index }) => index)).toEqual(Array.from({ length: 600 }, (_, i) => i));
  for (const { scheduled, acknowledged } of points) expect([scheduled, acknowledged]).toEqual([10, 10]);
});

test('the parts of a mix add up to the lane if no generator is left, or none has sent a heartbeat', () => {
  const kinds = ['simple', 'signal', 'query'].map((workload, i) => ({ ...simple, workload, weight: i + 1 }));
  const input = laneInput({ kinds, seconds: 5 });
  const died = new LaneAccount(input);
  for (let i = 0; i < 50; i += 1) died.schedule(i, i);
  for (const checkpoint of [died.checkpoint('sending', 70), undefined]) {
    const { parts, ledger } = lostLane(input, 0, checkpoint, 3000, 'lost');
    expect(ledger.scheduled).toBe(300);
    expect(parts.reduce((sum, part) => sum + part.scheduled, 0)).toBe(300);
  }
});

test('the parts of a mix add up to the lane, also after the death of a generator', () => {
  const kinds = ['simple', 'signal', 'query'].map((workload, i) => ({ ...simple, workload, weight: i + 1 }));
  fc.assert(
    fc.property(
      fc.array(arrival, { maxLength: 60 }),
      fc.nat(40),
      fc.array(arrival, { maxLength: 30 }),
      fc.nat(9),
      fc.nat(20),
      (before, gap, after, lane, reserved) => {
        const input = laneInput({ kinds, lane, lanes: 10 });
        const died = new LaneAccount(input);
        play(died, 0, before, false);
        const successor = new LaneAccount(input);
        const through = before.length + reserved;
        const resumeAt = through + gap;
        const checkpoint = JSON.parse(JSON.stringify(died.checkpoint('sending', through))) as LaneCheckpoint;
        successor.resume(checkpoint, resumeAt);
        play(successor, resumeAt, after, true);
        const { ledger, observation, parts } = successor.result(audit, undefined);
        const sum = (pick: (part: (typeof parts)[number]) => number) => parts.reduce((n, part) => n + pick(part), 0);
        expect(sum((part) => part.scheduled)).toBe(ledger.scheduled);
        expect(sum((part) => part.acknowledged)).toBe(ledger.acknowledged);
        expect(sum((part) => part.completed)).toBe(observation.completed);
        expect(sum((part) => part.failed)).toBe(total(observation.failed));
        expect(sum((part) => summarize(part.latency).count)).toBe(observation.completed);
      },
    ),
    { numRuns: 200 },
  );
});

test('after a handover the reserved arrivals are in doubt and are not a gap', () => {
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 60 }), fc.nat(50), fc.nat(20), (before, reserved, late) => {
      const leaving = new LaneAccount(laneInput());
      play(leaving, 0, before, false);
      const through = before.length + reserved;
      const checkpoint = JSON.parse(JSON.stringify(leaving.checkpoint('sending', through))) as ReturnType<
        LaneAccount['checkpoint']
      >;
      expect(checkpoint.ledger.scheduled).toBe(through);

      const successor = new LaneAccount(laneInput());
      successor.resume(checkpoint, through + late);
      const { ledger, gapArrivals } = successor.result(audit, undefined);
      expect(unaccounted(ledger)).toBe(0);
      expect(ledger.scheduled).toBe(through + late);
      const open = before.filter(({ outcome, answered }) => outcome !== 'capped' && !answered).length;
      expect(ledger.inDoubt).toBe(open + reserved + late);
      expect(gapArrivals).toBe(late);
    }),
    { numRuns: 200 },
  );
});

test("a heartbeat is at most 32 KB and a lane's result at most 64 KB, after an hour of scattered latencies and errors", () => {
  const seconds = 3600;
  const account = new LaneAccount(laneInput({ rate: 20, seconds, seriesWidthMs: 6000 }));
  for (let i = 0; i < seconds * 20; i += 1) {
    const dueMs = i * 50;
    account.schedule(i, dueMs);
    account.send(i, (i % 977) / 500);
    if (i % 3000 === 0) {
      account.fail(i, dueMs, {
        kind: 'rejected',
        cause: 'RESOURCE_EXHAUSTED/RPS_LIMIT/namespace',
        message: 'slow down',
      });
      continue;
    }
    const latencyMs = 15 * Math.exp(3 * Math.sin(i * 1.7) ** 3);
    account.acknowledge(i, dueMs + latencyMs / 4, latencyMs / 4);
    account.choose(0);
    account.complete({ sequence: i, atMs: dueMs + latencyMs, latencyMs, serviceMs: latencyMs - 0.5 });
  }
  // Two thousand starts of which every second one is unanswered: the largest bitmap that a deadline of 10 s permits at 200/s.
  for (let i = seconds * 20; i < seconds * 20 + 2000; i += 1) {
    account.schedule(i, i * 50);
    if (i % 2 === 0) account.recover(i);
  }
  expect(JSON.stringify(account.checkpoint('sending')).length).toBeLessThanOrEqual(32 * 1024);
  expect(JSON.stringify(account.result(audit, undefined)).length).toBeLessThanOrEqual(64 * 1024);
});

test('the first message of each cause is kept, also by a successor', () => {
  const account = new LaneAccount(laneInput());
  for (const [sequence, message] of ['first', 'second'].entries()) {
    account.schedule(sequence, 0);
    account.fail(sequence, 1, { kind: 'rejected', cause: 'A', message });
  }
  const successor = new LaneAccount(laneInput());
  successor.resume(account.checkpoint('sending'), 2);
  successor.schedule(2, 0);
  successor.fail(2, 1, { kind: 'unknown', cause: 'B', message: 'third' });
  expect(successor.result(audit, undefined).ledger.examples).toEqual({ A: 'first', B: 'third' });
});
