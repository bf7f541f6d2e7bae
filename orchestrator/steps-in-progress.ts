import { ApplicationFailure, CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { StepFailure } from '../measurement/account/lane';
import type { PlannedStep } from './plan';

interface Started {
  readonly step: PlannedStep;
  /** When the last arrival of the step is due: milliseconds since the epoch. */
  readonly dueUntilMs: number;
  readonly scope: CancellationScope;
  isDone: boolean;
  readonly done: Promise<void>;
}

/**
 * The steps of the load that have been started, over all sections of the timeline. Only steps that have not ended sending
 * are canceled: a step that waits for its last completions keeps its measurement.
 */
export class StepsInProgress {
  private readonly started: Started[] = [];
  /** The steps outlive the scope in which they are started. */
  private readonly parent = CancellationScope.current();
  private error?: Error;

  /** Runs the work of a step in a scope of its own. */
  start(step: PlannedStep, startAtMs: number, work: () => Promise<void>): void {
    const scope = new CancellationScope({ cancellable: true, parent: this.parent });
    const done = scope
      .run(work)
      .catch((err: Error) => {
        if (!isCancellation(err)) this.fail(step, err);
      })
      .finally(() => (entry.isDone = true));
    const entry: Started = { step, dueUntilMs: startAtMs + step.durationMs, scope, isDone: false, done };
    this.started.push(entry);
  }

  /** Records the first failure, and cancels the steps after the one that failed. */
  fail(step: PlannedStep, failure: StepFailure | Error): void {
    this.error ??=
      failure instanceof Error
        ? failure
        : ApplicationFailure.nonRetryable(failure.message, failure.type ?? 'LaneFailed');
    this.cancelFrom(step.index + 1);
  }

  /** Cancels a step and those after it: they are run again later. */
  cancelFrom(index: number): void {
    for (const { step, scope } of this.started) if (step.index >= index) scope.cancel();
  }

  /** Cancels the steps that have not sent all of their arrivals. */
  cancelUnsent(): void {
    for (const { dueUntilMs, scope } of this.started) if (dueUntilMs > Date.now()) scope.cancel();
  }

  /** Resolves when every step has ended, or when the condition holds. */
  async untilDone(orElse: () => boolean = () => false): Promise<void> {
    await condition(() => orElse() || this.started.every(({ isDone }) => isDone));
  }

  /** Resolves when every step before this one has ended. */
  async untilDoneBefore(index: number): Promise<void> {
    const before = this.started.filter(({ step }) => step.index < index);
    await condition(() => before.every(({ isDone }) => isDone));
  }

  /** Waits for all steps, also those that were canceled. Throws the first failure. */
  async end(): Promise<void> {
    await Promise.all(this.started.map(({ done }) => done));
    if (this.error !== undefined) throw this.error;
  }
}
