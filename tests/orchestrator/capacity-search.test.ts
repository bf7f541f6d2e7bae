import { idleAudit } from '../../measurement/account/generator-audit';
import type { GenerateLoadInput } from '../../orchestrator/activity-types';
import { CAPACITY_SEARCH } from '../../orchestrator/benchmark-types';
import { breachSignal } from '../../orchestrator/messages';
import type { BenchmarkResult } from '../../report/result-schema';
import { resultSchema } from '../../report/result-schema';
import type { Cast } from '../support/played';
import { playLane, type PlayedCluster } from '../support/played-capacity';
import { PlayedRuns } from '../support/time-skipping';

jest.setTimeout(90_000);

const played = new PlayedRuns();

async function search(
  name: string,
  input: object,
  cluster: PlayedCluster,
  cast: Partial<Cast> = {},
): Promise<BenchmarkResult> {
  const generateLoad = async (lane: GenerateLoadInput) => playLane(lane, cluster);
  const result = await played.play(
    name,
    { lanes: 1, precision: '10%', maxDuration: '30m', ...input },
    { generateLoad, ...cast },
    CAPACITY_SEARCH,
  );
  expect(resultSchema.safeParse(result).error).toBeUndefined();
  return result;
}

test('a search brackets the capacity of the cluster, and its account has every arrival of every trial', async () => {
  const result = await search('found', { label: ['shards=4'] }, { capacity: 57 });
  expect(result).toMatchObject({ outcome: 'PASSED', exitCode: 0, passed: true, server: { agrees: true } });
  const { goals, trials, labels, sentence, drift } = result.capacity!;
  const [{ holds, failsAt, end, confirmed }] = goals as [(typeof goals)[0]];
  expect({ end, confirmed, labels }).toEqual({ end: 'found', confirmed: true, labels: { shards: '4' } });
  expect(holds).toBeLessThanOrEqual(57);
  expect(failsAt).toBeGreaterThan(57);
  expect(failsAt! / holds!).toBeLessThan(1.12);
  expect(sentence).toMatch(new RegExp(`^Holds ${holds}/s.* with p99 ≤ 5s; at ${failsAt}/s the backlog grows by`));
  expect(drift).toMatchObject({ rate: holds, changed: false });
  const scheduled = result.steps.reduce((sum, { ledger }) => sum + ledger.scheduled, 0);
  expect(scheduled).toBe(result.ledger.acknowledged);
  // Every trial is one hold on the timeline, and no hold is two trials.
  const holdNames = result.steps.filter(({ kind }) => kind === 'hold').map(({ name }) => name);
  expect(trials.map(({ step }) => step)).toEqual(holdNames);
  // The figures at the top are those of the rate that holds.
  expect(result.results.rates.target).toBe(holds);
});

test('two limits are found in one search, each with a bracket of its own', async () => {
  // Above 40/s the queue grows slowly: within a hold the p99 exceeds the strict limit long before the loose one.
  const result = await search('two-limits', { slo: ['p99=10s', 'p99=5ms'] }, { capacity: 45 });
  const [strict, loose] = result.capacity!.goals;
  expect(strict).toMatchObject({ name: 'p99=5ms', holds: null, end: 'below-lowest-rate' });
  expect(loose).toMatchObject({ name: 'p99=10s', end: 'found' });
  expect(result).toMatchObject({ outcome: 'FAILED', exitCode: 99 });
  expect(result.failureReasons.join()).toMatch(/no rate holds with p99=5ms/);
});

test('a rate limit is named, with its setting; every field of the input has a default', async () => {
  const generateLoad = async (lane: GenerateLoadInput) => playLane(lane, { capacity: 1e6, rateLimit: 60 });
  const result = await played.play('rate-limit', {}, { generateLoad }, CAPACITY_SEARCH);
  const { goals, sentence, next } = result.capacity!;
  expect(goals[0]!.end).toBe('found');
  expect(goals[0]!.holds).toBeLessThanOrEqual(63);
  expect(sentence).toMatch(/the error rate is .* Limited by: .*frontend.namespaceRPS/);
  expect(next.advice).toMatch(/^set frontend.namespaceRPS to \d+/);
});

test('a generator that does not keep up gives a lower bound, and the report says how to add generators', async () => {
  const generateLoad = async (lane: GenerateLoadInput) => {
    const result = playLane(lane, { capacity: 1e6 });
    return lane.step.toRate > 70 ? { ...result, audit: { ...idleAudit, eventLoopUtilization: 0.99 } } : result;
  };
  const result = await search('generator', {}, { capacity: 0 }, { generateLoad });
  const { goals, trials, sentence, next } = result.capacity!;
  expect(result).toMatchObject({ outcome: 'PASSED', validity: { valid: true } });
  expect(goals[0]).toMatchObject({ end: 'generator-limited', failsAt: null, confirmed: true });
  expect(goals[0]!.holds).toBeGreaterThan(63);
  expect(goals[0]!.holds).toBeLessThanOrEqual(70);
  expect(sentence).toMatch(/^Holds at least .*, limited by the generators: the main thread of .* busy/);
  expect(next.command).toMatch(/--lanes 2 /);
  // Late generators did not overload the cluster, so it needs no time to recover: each trial has one step before its hold.
  const kinds = result.steps.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === 'lead-in')).toHaveLength(trials.length);
  // An INVALID trial is repeated once, not more often.
  for (const rate of new Set(trials.filter(({ outcome }) => outcome === 'INVALID').map((one) => one.rate)))
    expect(trials.filter((one) => one.rate === rate)).toHaveLength(2);
});

test('a trial that lost its generator is repeated and is no evidence', async () => {
  let killed = 0;
  const generateLoad = async (lane: GenerateLoadInput) => {
    const result = playLane(lane, { capacity: 57 });
    if (lane.step.kind !== 'hold' || lane.step.toRate !== 20 || killed++ > 0) return result;
    return { ...result, audit: { ...idleAudit, attempts: 2 } };
  };
  const result = await search('killed', {}, { capacity: 0 }, { generateLoad });
  const { trials, goals } = result.capacity!;
  expect(trials.filter(({ rate }) => rate === 20).map(({ outcome }) => outcome)).toEqual(['repeated', 'good']);
  expect(goals[0]!.end).toBe('found');
});

test('an aborted search reports the bracket that it has', async () => {
  let holds = 0;
  const generateLoad = async (lane: GenerateLoadInput) => {
    if (lane.step.kind === 'hold' && (holds += 1) === 4)
      await played.env.client.workflow.getHandle('aborted').signal(breachSignal, 'enough');
    return playLane(lane, { capacity: 57 });
  };
  const result = await search('aborted', {}, { capacity: 0 }, { generateLoad });
  expect(result).toMatchObject({ outcome: 'ABORTED', abortReason: 'enough', cleanup: { complete: true } });
  expect(result.capacity!.goals[0]).toMatchObject({ end: 'aborted', holds: 40, failsAt: null });
  expect(result.capacity!.sentence).toMatch(/^Holds about 40\/s/);
});
