import { parseMix } from '../spec/mix';
import type { BenchmarkSpec } from '../spec/parse';
import { catalog, workflowTypeOf, type Messages, type VaryingInput, type WorkloadSpec } from './catalog';

/** What an arrival starts. A run has one kind of arrival; a mix has several. */
export interface ArrivalKind {
  readonly workload: string;
  /** The kind's share of the arrivals, relative to the weights of all kinds. */
  readonly weight: number;
  readonly workflowType: string;
  readonly workflowInput: readonly unknown[];
  /** How the input differs per arrival. If it is undefined, every arrival has `workflowInput`. */
  readonly varyingInput?: VaryingInput;
  /** The messages that a workflow is sent after its start. */
  readonly messages?: Messages;
  /** Whether the workflow schedules activities on its task queue, as far as is known. */
  readonly activities: boolean;
  /** How long the workflow waits by design, milliseconds. The window of its completions is shifted by it. */
  readonly waitingMs: number;
}

/** Returns the kinds of arrivals of a run. */
export function kindsOf(spec: WorkloadSpec & Pick<BenchmarkSpec, 'mix'>): ArrivalKind[] {
  const parts = spec.workload === 'mix' ? parseMix(spec.mix ?? '')! : [{ workload: spec.workload, weight: 1 }];
  return parts.map(({ workload, weight }) => {
    const { input, varies, messages, waitingMs, events } = catalog[workload];
    return {
      workload,
      weight,
      workflowType: workflowTypeOf(workload, spec),
      workflowInput: input(spec),
      varyingInput: varies?.(spec),
      messages: messages?.(spec),
      activities: workload === 'external' || 'ActivityTaskScheduled' in events(spec),
      waitingMs: waitingMs(spec),
    };
  });
}

/** Returns the longest time that a workflow of the run waits by design. Milliseconds. */
export function longestWaitMs(spec: WorkloadSpec & Pick<BenchmarkSpec, 'mix'>): number {
  return Math.max(...kindsOf(spec).map((kind) => kind.waitingMs));
}

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;
/** Another irrational number, by which lanes are offset, so that they do not all begin with the same kind. */
const LANE_OFFSET = Math.SQRT2 - 1;

/**
 * Returns the index of an arrival's kind. It depends only on lane and sequence, so the next attempt of a dead generator and
 * the reconciliation compute the same kind. The fractional parts of multiples of the golden ratio are evenly distributed
 * over [0, 1), so any section of consecutive arrivals has the right shares, up to a few arrivals.
 */
export function kindAt(kinds: readonly Pick<ArrivalKind, 'weight'>[], lane: number, sequence: number): number {
  if (kinds.length === 1) return 0;
  const whole = kinds.reduce((sum, { weight }) => sum + weight, 0);
  const place = ((sequence + 1) * GOLDEN_RATIO + lane * LANE_OFFSET) % 1;
  let upTo = 0;
  for (const [i, { weight }] of kinds.entries()) {
    upTo += weight / whole;
    if (place < upTo) return i;
  }
  return kinds.length - 1;
}
