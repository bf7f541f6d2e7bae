import { MAX_PROVISIONAL, noHistograms, provisionalIn, unnamedProvisional } from '../measurement/account/lane';
import type { RunFacts, StepFacts } from '../report/facts';
import { latenciesOf } from '../report/steps';
import type { Health } from './activity-types';
import type { PlannedStep } from './plan';

/**
 * What a run takes along when it continues as new between two iterations, with no step open: everything it has found out,
 * small enough for one payload however many lanes and iterations there are.
 */
export interface Carried extends Pick<
  RunFacts,
  'startedAtMs' | 'loadStartMs' | 'steps' | 'generators' | 'hosts' | 'notes' | 'shifts' | 'system'
> {
  readonly health?: Health;
  readonly hostsStarted: boolean;
  readonly planned: readonly PlannedStep[];
  /** Which of the planned steps is the first that has not been run. */
  readonly nextStep: number;
  readonly begun: readonly BegunStep[];
}

export interface BegunStep {
  readonly step: PlannedStep;
  readonly startAtMs: number;
}

/** Of so many, the last ones, what the target did is carried on: the holds that tell the result are judged by it. */
const OBSERVED_STEPS = 4;

/**
 * Steps without what nobody will ask them for: only holds are judged and combined, so other steps leave their histograms
 * behind; and where more is provisional than can be looked up one by one, the counts will settle it, and the names stay
 * behind.
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
