import { MAX_PROVISIONAL, provisionalIn } from '../measurement/lane';
import type { RunFacts, StepFacts } from '../report/facts';
import type { Health } from './contract';
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

/** Where more is provisional than can be looked up one by one, the counts will settle it: the names stay behind. */
export function carriedSteps(steps: readonly StepFacts[]): StepFacts[] {
  const provisional = steps.reduce((sum, step) => sum + provisionalIn(step.measurement.ledger), 0);
  if (provisional <= MAX_PROVISIONAL) return [...steps];
  return steps.map((step) => ({
    ...step,
    measurement: {
      ...step.measurement,
      provisional: step.measurement.provisional.map(({ lane }) => ({
        lane,
        entries: { rejected: null, unknown: null, inDoubt: null },
      })),
    },
  }));
}
