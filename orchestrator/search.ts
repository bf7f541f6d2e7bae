import { CancellationScope } from '@temporalio/workflow';
import { summarize } from '../measurement/account/histogram';
import type { NextTrial } from '../measurement/capacity/search';
import { outcomeOf, type TrialRecord } from '../measurement/capacity/trial';
import { throughput } from '../measurement/judging/hold-outcome';
import { completedInStep, notCompleted } from '../report/steps';
import type { StepFacts } from '../report/facts';
import { judgeHold } from './judge';
import { firstLeadMs, runSteps } from './load';
import type { PlannedStep } from './plan';
import type { RunState } from './run-state';
import type { SearchState, SearchStep } from './search-state';
import { reconcile } from './reconcile';
import { StepsInProgress } from './steps-in-progress';

/** The windows of the warm-up, and the time that it may take. Seconds. */
const WARM_UP_S = 8;
const WARM_UP_MAX_S = 60;
/** The probe that shows whether the cluster has recovered from an overload: a share of the best rate. */
const RECOVERY = { rateShare: 0.1, lowestRate: 5, seconds: 4, maxSeconds: 60 } as const;
/** Two medians agree if they differ by less than this factor or by less than this time. */
const AGREE = { factor: 1.25, ms: 5 } as const;
/** How often a trial is repeated because a generator was lost in it. After that, it counts as INVALID. */
const MAX_SPOILT = 3;

/**
 * Runs the trials of a search until every goal is decided or the time is over. If the history has grown long, it stops
 * early, between two trials.
 */
export async function runSearch(state: RunState, search: SearchState): Promise<void> {
  search.startClock(state.loadStartMs ?? Date.now());
  if (search.baselineP50Ms === undefined) await warmUp(state, search);
  while (!isCanceled()) {
    if (state.needsNewHistory) {
      state.pausedForNewHistory = true;
      return;
    }
    const next = search.next();
    if (next === undefined) break;
    if (!search.hasTimeFor(next, Date.now())) {
      search.stopped = 'out of time';
      return;
    }
    await runTrial(state, search, next);
  }
  if (!isCanceled()) await repeatForDrift(state, search);
}

function isCanceled(): boolean {
  return CancellationScope.current().consideredCancelled;
}

/** Runs at the first rate until two successive windows agree, so that no trial measures a cold cluster. */
async function warmUp(state: RunState, search: SearchState): Promise<void> {
  const { fromRate } = search.plan;
  const window: SearchStep = { kind: 'warm-up', seconds: WARM_UP_S, fromRate, toRate: fromRate };
  let before: number | undefined;
  for (let spent = 0; spent < WARM_UP_MAX_S && !isCanceled();) {
    const medians = await runProbes(state, search, before === undefined ? [window, window] : [window]);
    spent += WARM_UP_S * (before === undefined ? 2 : 1);
    const [previous, latest] = [before, ...medians].filter((one) => one !== undefined).slice(-2);
    search.baselineP50Ms = before = latest ?? previous;
    if (previous !== undefined && latest !== undefined && agree(latest, previous) && agree(previous, latest)) return;
  }
  if (!isCanceled())
    state.notes.push(`the latency did not settle within ${WARM_UP_MAX_S} s of warm-up at ${fromRate}/s`);
}

function agree(ms: number, withMs: number): boolean {
  return ms <= withMs * AGREE.factor || ms - withMs <= AGREE.ms;
}

/**
 * Runs steps that are no evidence. Returns their median latencies beyond what the workload itself waits, milliseconds;
 * undefined for one without completions.
 */
async function runProbes(
  state: RunState,
  search: SearchState,
  steps: readonly SearchStep[],
): Promise<(number | undefined)[]> {
  const placed = place(state, search, steps);
  await runPlaced(state, placed);
  return placed.map(({ name }) => {
    const facts = lastAttempt(state, name);
    const latency = facts && summarize(facts.measurement.histograms.latency);
    return latency && latency.count > 0 ? latency.p50.ms - 1000 * search.plan.waitingSeconds : undefined;
  });
}

async function runPlaced(state: RunState, placed: readonly PlannedStep[]): Promise<void> {
  const inProgress = new StepsInProgress();
  try {
    await runSteps(state, placed, inProgress);
  } finally {
    await inProgress.end();
  }
}

/** Returns the last attempt of a step: one that was picked up late is run again. */
function lastAttempt(state: RunState, name: string): StepFacts | undefined {
  return state.steps.filter(({ step }) => step.name === name).at(-1);
}

function place(state: RunState, search: SearchState, steps: readonly SearchStep[]) {
  const nowMs = state.loadStartMs === undefined ? 0 : Date.now() + firstLeadMs(state) - state.loadStartMs;
  const placed = search.place(state.planned, steps, nowMs);
  state.planned.push(...placed);
  state.nextStep = state.planned.length;
  return placed;
}

/** Runs one trial, settles its account, judges it, and lets the cluster recover if the load was too high. */
async function runTrial(state: RunState, search: SearchState, next: NextTrial): Promise<void> {
  search.current = next;
  const placed = place(state, search, search.stepsOf(next));
  await runPlaced(state, placed);
  if (isCanceled()) return;
  await reconcile(state);
  const facts = lastAttempt(state, placed.at(-1)!.name);
  const at = facts === undefined ? -1 : state.steps.indexOf(facts);
  const record = await judgeTrial(state, search, next, at);
  search.trials.push(record);
  search.current = undefined;
  state.showDetails();
  if (mayHaveOverloaded(record) && !isCanceled()) await recover(state, search, next.rate);
}

/** Late generators overload no cluster; a trial that could not be judged may have. */
function mayHaveOverloaded({ reasons, invalid, completedPerSecond }: TrialRecord): boolean {
  return reasons.some((one) => one.length > 0) || (invalid !== undefined && completedPerSecond === 0);
}

/** Judges a hold with the ledger that the server confirmed. A hold that was cut short or lost a generator is spoilt. */
async function judgeTrial(state: RunState, search: SearchState, next: NextTrial, at: number): Promise<TrialRecord> {
  const facts = state.steps[at];
  const { rate, holdSeconds: seconds, phase } = next;
  const spoiltBy = reasonSpoilt(facts);
  const isSpoilt = spoiltBy !== undefined && search.trials.filter(({ spoilt }) => spoilt).length < MAX_SPOILT;
  const common = { rate, seconds, phase, step: facts?.step.name ?? '', ...(isSpoilt ? { spoilt: true } : {}) };
  const noReasons = search.plan.goals.map(() => []);
  if (facts === undefined || facts.measurement.cutShort !== undefined) {
    return { ...common, p99Ms: 0, completedPerSecond: 0, invalid: spoiltBy, reasons: noReasons };
  }
  const completed = completedInStep(facts.step.index, state.facts());
  const judgement = await judgeHold(state, facts, completed, notCompleted(facts));
  state.steps[at] = { ...facts, ...judgement };
  const scheduledPerSecond = throughput(facts.settled.scheduled, facts.step.durationMs);
  if (judgement === undefined) {
    return {
      ...common,
      p99Ms: 0,
      completedPerSecond: 0,
      invalid: spoiltBy ?? 'the trial could not be judged',
      reasons: noReasons,
    };
  }
  const outcome = outcomeOf({ ...judgement, holdSeconds: seconds, scheduledPerSecond }, search.plan.goals);
  return {
    ...common,
    p99Ms: summarize(facts.measurement.histograms.latency).p99.ms,
    completedPerSecond: throughput(completed, facts.step.durationMs),
    ...outcome,
    ...(spoiltBy === undefined ? {} : { invalid: outcome.invalid ?? spoiltBy }),
  };
}

/** Returns why a hold is no evidence about its rate; undefined if it is. */
function reasonSpoilt(facts: StepFacts | undefined): string | undefined {
  if (facts === undefined) return 'the hold did not run';
  const { cutShort, audits } = facts.measurement;
  return cutShort ?? (audits.some(({ attempts }) => attempts > 1) ? 'a generator was lost' : undefined);
}

/**
 * Sends a little load until the median latency is what it was on the idle cluster, so that one trial does not affect the
 * next. The open workflows of the trial have completed already, or their time is over.
 */
async function recover(state: RunState, search: SearchState, afterRate: number): Promise<void> {
  const { rateShare, lowestRate, seconds, maxSeconds } = RECOVERY;
  const best = search.bestRate ?? search.plan.fromRate;
  const rate = Math.min(best, Math.max(lowestRate, rateShare * best));
  const probe: SearchStep = { kind: 'lead-in', seconds, fromRate: rate, toRate: rate };
  const baseline = search.baselineP50Ms;
  const deadline = Date.now() + maxSeconds * 1000;
  let median: number | undefined;
  while (!isCanceled() && baseline !== undefined) {
    [median] = await runProbes(state, search, [probe]);
    if (median !== undefined && agree(median, baseline)) return;
    if (Date.now() > deadline) break;
  }
  if (isCanceled() || baseline === undefined) return;
  const now = median === undefined ? 'no workflow completes' : `the median latency is ${median.toFixed(0)} ms`;
  state.notes.push(
    `the cluster did not recover within ${maxSeconds} s of the trial at ${afterRate}/s: at ${rate}/s ${now}; before the trials it was ${baseline.toFixed(0)} ms`,
  );
}

/** Repeats the highest good load of the first goal, unless the last trial was that: has the cluster changed meanwhile? */
async function repeatForDrift(state: RunState, search: SearchState): Promise<void> {
  const next = search.repetition();
  if (next !== undefined && search.hasTimeFor(next, Date.now())) await runTrial(state, search, next);
}
