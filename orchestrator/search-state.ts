import { longestWaitMs } from '../load-workflows/kinds';
import { remainingSeconds } from '../measurement/capacity/remaining';
import { rulesOf } from '../measurement/capacity/rules';
import { goalState, holdSeconds, nextTrial, type NextTrial, type SearchPlan } from '../measurement/capacity/search';
import { countedTrials, decidingTrials, type TrialRecord } from '../measurement/capacity/trial';
import { layOut } from '../measurement/load/profile';
import type { SearchFacts } from '../report/facts';
import type { CapacitySpec } from '../spec/capacity';
import type { BenchmarkSpec, SpecInput } from '../spec/parse';
import type { CarriedSearch } from './carried';
import type { SearchProgress } from './messages';
import { endOf, observeShare, planOf, type Plan, type PlannedStep, type StepKind } from './plan';

/** What a trial takes besides settling and its hold: getting ready, the last completions, the count. Seconds, estimated. */
const OVERHEAD_S = 4;
/** The series has an interval per second: a drift test needs at least 12 of them in the shortest hold. */
const SERIES_WIDTH_MS = 1000;
/** History events that a trial adds, at most, with the probes after it. */
const EVENTS_PER_TRIAL = 400;

/** Returns the plan of a search: it has no steps yet, and one trial is what an iteration is for a run. */
export function searchedPlan(spec: BenchmarkSpec): Plan {
  const plan = planOf(spec);
  return { ...plan, steps: [], seriesWidthMs: SERIES_WIDTH_MS, observeShare: 1, eventsPerIteration: EVENTS_PER_TRIAL };
}

/** A step of a search before it has its place on the timeline. Rates are starts per second. */
export interface SearchStep {
  readonly kind: StepKind;
  readonly seconds: number;
  readonly fromRate: number;
  readonly toRate: number;
}

/** The state of a capacity search: its trials, and what follows from them. */
export class SearchState {
  readonly plan: SearchPlan;
  readonly trials: TrialRecord[];
  /** The median latency of an idle cluster, milliseconds; undefined before the warm-up. */
  baselineP50Ms?: number;
  stopped?: 'out of time';
  current?: NextTrial;
  private endsAtMs = Infinity;
  private estimate?: { readonly trials: number; readonly seconds: number; readonly atMs: number };

  /** @param given the input of the workflow */
  constructor(
    private readonly capacity: CapacitySpec,
    private readonly given: SpecInput,
    carried?: CarriedSearch,
    formerRules = false,
  ) {
    const waitingMs = longestWaitMs(capacity.spec);
    this.plan = {
      goals: capacity.slos.map(({ name, maxP99Ms }) => ({ name, maxP99Ms: maxP99Ms + waitingMs })),
      fromRate: capacity.fromRate,
      maxRate: capacity.maxRate,
      precision: capacity.precision,
      waitingSeconds: waitingMs / 1000,
      formerRules,
    };
    this.trials = [...(carried?.trials ?? [])];
    this.baselineP50Ms = carried?.baselineP50Ms;
    this.stopped = carried?.stopped;
  }

  /** Starts the clock of the search. */
  startClock(startedAtMs: number): void {
    this.endsAtMs = startedAtMs + this.capacity.maxDurationMs;
  }

  /** Returns the trial that the search needs next; undefined if every goal is decided. */
  next(): NextTrial | undefined {
    const counted = countedTrials(this.trials);
    const next = nextTrial(this.plan, counted, 0);
    if (next === undefined) return undefined;
    return { ...next, holdSeconds: holdSeconds(this.plan, next, this.lastGoodP99Ms(next.goalIndex)) };
  }

  /** Returns whether a trial ends before the time of the search is over. */
  hasTimeFor(next: NextTrial, nowMs: number): boolean {
    return nowMs + (this.settleSeconds(next) + next.holdSeconds + OVERHEAD_S) * 1000 <= this.endsAtMs;
  }

  /** Returns the repetition of the highest load that holds; undefined if there is none or the last trial was one of it. */
  repetition(): NextTrial | undefined {
    const counted = countedTrials(this.trials);
    const { good } = goalState(this.plan, counted, 0).bracket;
    if (good === undefined || counted.at(-1)!.rate === good.rate) return undefined;
    const { seconds } = counted.find(({ rate }) => rate === good.rate)!;
    return { phase: 'repeat', rate: good.rate, holdSeconds: seconds, goalIndex: 0 };
  }

  /** The highest rate at which a trial was good for every goal; undefined without one. */
  get bestRate(): number | undefined {
    const good = this.goodTrials;
    return good.length === 0 ? undefined : Math.max(...good.map(({ rate }) => rate));
  }

  /** The names of the holds that were good for every goal. */
  get goodHolds(): string[] {
    return this.goodTrials.map(({ step }) => step);
  }

  private get goodTrials(): TrialRecord[] {
    return countedTrials(this.trials).filter(
      ({ invalid, reasons }) => invalid === undefined && reasons.every((one) => one.length === 0),
    );
  }

  /** Returns the steps of a trial: settling, and the hold that is judged by the loosest goal. */
  stepsOf(next: NextTrial): SearchStep[] {
    const { rate } = next;
    return [
      { kind: 'lead-in', seconds: this.settleSeconds(next), fromRate: rate / 2, toRate: rate },
      { kind: 'hold', seconds: next.holdSeconds, fromRate: rate, toRate: rate },
    ];
  }

  /** Puts steps on the timeline, behind the planned ones and not before an instant. Milliseconds from the start of the load. */
  place(planned: readonly PlannedStep[], steps: readonly SearchStep[], earliestMs: number): PlannedStep[] {
    const startMs = Math.max(endOf(planned), earliestMs);
    const loosest = this.plan.goals.at(-1)!.maxP99Ms;
    const thresholds = { maxP99LatencyMs: loosest, maxErrorRate: this.capacity.spec.maxErrorRate };
    const segments = steps.map(({ seconds, ...step }) => ({ ...step, durationMs: seconds * 1000 }));
    return layOut(segments).map((line, i) => ({
      ...line,
      startMs: startMs + line.startMs,
      index: planned.length + i,
      name: String(planned.length + i + 1),
      iteration: 1,
      attempt: 1,
      observeShare: observeShare(this.capacity.spec, loosest, line.toRate),
      ...(line.kind === 'hold' ? { thresholds } : {}),
    }));
  }

  /** Returns what the progress of a run adds, and replaces, for a search. */
  etaAndProgress(): { readonly etaMs: number; readonly search: SearchProgress } {
    const search = this.progress();
    return { etaMs: search.secondsLeft * 1000, search };
  }

  progress(): SearchProgress {
    const deciding = decidingTrials(this.trials);
    return {
      goals: this.plan.goals.map(({ name }, i) => {
        const { bracket, end } = goalState(this.plan, deciding, i);
        return { name, good: bracket.good?.rate, bad: bracket.bad?.rate, end };
      }),
      trials: this.trials.map(({ rate, invalid, spoilt, reasons }) => ({
        rate,
        outcome: spoilt
          ? 'repeated'
          : invalid !== undefined
            ? 'INVALID'
            : reasons.some((one) => one.length === 0)
              ? 'good'
              : 'bad',
      })),
      ...(this.current === undefined
        ? {}
        : { current: { phase: this.current.phase, rate: this.current.rate, holdSeconds: this.current.holdSeconds } }),
      secondsLeft: this.secondsLeft(),
    };
  }

  facts(): SearchFacts {
    const { plan, trials, given, stopped, capacity } = this;
    return { plan, trials, labels: capacity.labels, config: capacity.config, given, ...(stopped ? { stopped } : {}) };
  }

  carry(): CarriedSearch {
    return { trials: this.trials, baselineP50Ms: this.baselineP50Ms, stopped: this.stopped };
  }

  private settleSeconds({ phase, holdSeconds: hold }: NextTrial): number {
    return Math.min(rulesOf(this.plan).settleSeconds[phase], hold);
  }

  private lastGoodP99Ms(goalIndex: number): number {
    const good = countedTrials(this.trials).filter(
      ({ invalid, reasons }) => invalid === undefined && reasons[goalIndex]!.length === 0,
    );
    return Math.max(0, ...good.map(({ p99Ms }) => p99Ms - 1000 * this.plan.waitingSeconds));
  }

  /** The estimate is made once per trial, because it plays the rest of the search. */
  private secondsLeft(): number {
    const nowMs = Date.now();
    if (this.estimate?.trials !== this.trials.length) {
      const seconds = remainingSeconds(
        this.plan,
        countedTrials(this.trials),
        0,
        rulesOf(this.plan).settleSeconds.confirm + OVERHEAD_S,
      );
      this.estimate = { trials: this.trials.length, seconds, atMs: nowMs };
    }
    const { seconds, atMs } = this.estimate;
    return Math.max(0, Math.min(seconds - (nowMs - atMs) / 1000, (this.endsAtMs - nowMs) / 1000));
  }
}
