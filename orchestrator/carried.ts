import { MAX_PROVISIONAL, noHistograms, provisionalIn, unnamedProvisional } from '../measurement/account/lane';
import type { RunFacts, SearchFacts, StepFacts } from '../report/facts';
import { latenciesOf } from '../report/steps';
import { ApplicationFailure } from '@temporalio/workflow';
import type { Health } from './activity-types';
import { BAD_SPEC } from './benchmark-types';
import type { PlannedStep } from './plan';

/**
 * What a run passes on when it continues as new between two iterations: everything that it has measured. It fits into one
 * payload for any number of lanes and iterations.
 */
export interface Carried extends Pick<
  RunFacts,
  'startedAtMs' | 'loadStartMs' | 'steps' | 'generators' | 'serverRows' | 'hosts' | 'notes' | 'shifts' | 'system'
> {
  readonly health?: Health;
  /** Whether an earlier version has started hosts, under the id that they had in it. */
  readonly hostsStarted?: boolean;
  /** The id of the workflow that keeps the run's hosts; absent if it has none. */
  readonly hostsWorkflow?: string;
  readonly planned: readonly PlannedStep[];
  /** The index of the first planned step that has not been run. */
  readonly nextStep: number;
  readonly begun: readonly BegunStep[];
  /** Only of a capacity search. */
  readonly search?: CarriedSearch;
  readonly reconciliation?: RunFacts['reconciliation'];
}

/** Returns what an earlier execution has passed on. Throws BadSpec for a second input that somebody else has given. */
export function requireCarried(carried: unknown): Carried | undefined {
  if (carried === undefined || carried === null) return undefined;
  if (typeof carried === 'object' && 'planned' in carried && 'startedAtMs' in carried) return carried as Carried;
  throw ApplicationFailure.nonRetryable(
    'the workflow has more than one input; expected one, an object with the fields of a spec',
    BAD_SPEC,
  );
}

/** What a capacity search passes on. */
export interface CarriedSearch extends Pick<SearchFacts, 'trials' | 'stopped'> {
  readonly baselineP50Ms?: number;
}

export interface BegunStep {
  readonly step: PlannedStep;
  readonly startAtMs: number;
}

/** How many of the last steps keep their observation of the target, which explains the result. */
const OBSERVED_STEPS = 4;

/**
 * Returns the steps without data that is no longer needed. Only holds are judged and combined, so other steps keep
 * percentiles and drop their histograms. If there are more provisional arrivals than can be described one by one, they
 * will be settled by count, so their ids are dropped.
 */
export function carriedSteps(steps: readonly StepFacts[]): StepFacts[] {
  const tooMany = steps.reduce((sum, step) => sum + provisionalIn(step.measurement.ledger), 0) > MAX_PROVISIONAL;
  return steps.map(({ measurement, ...step }, i): StepFacts => {
    const { histograms, provisional } = measurement;
    const isHold = step.step.kind === 'hold';
    return {
      ...step,
      ...(isHold ? {} : { latencies: step.latencies ?? latenciesOf(histograms) }),
      measurement: {
        ...measurement,
        histograms: isHold ? histograms : noHistograms,
        parts: isHold ? measurement.parts : [],
        target: i >= steps.length - OBSERVED_STEPS ? measurement.target : undefined,
        provisional: tooMany && provisional.length > 0 ? unnamedProvisional : provisional,
      },
    };
  });
}

/** Returns the findings that an earlier execution of the same run has passed on. */
export function carriedFindings(carried?: Carried): Pick<Carried, 'system' | 'reconciliation'> {
  const { system, reconciliation } = carried ?? {};
  return { ...(system ? { system } : {}), ...(reconciliation ? { reconciliation } : {}) };
}
