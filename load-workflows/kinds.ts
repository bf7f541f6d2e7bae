import { parseMix } from '../spec/mix';
import type { BenchmarkSpec } from '../spec/parse';
import { catalog, workflowTypeOf, type Messages, type VaryingInput, type WorkloadSpec } from './catalog';

/** What an arrival starts. A run has one kind of arrival, a mix several. */
export interface ArrivalKind {
  readonly workload: string;
  /** Its share of the arrivals is this among the weights of all kinds. */
  readonly weight: number;
  readonly workflowType: string;
  readonly workflowInput: readonly unknown[];
  /** How the input differs from arrival to arrival; without it every one has `workflowInput`. */
  readonly varyingInput?: VaryingInput;
  /** What a workflow is sent once it has been started. */
  readonly messages?: Messages;
  /** What it waits for by itself, milliseconds: its completions are counted so much later. */
  readonly waitingMs: number;
}

export function kindsOf(spec: WorkloadSpec & Pick<BenchmarkSpec, 'mix'>): ArrivalKind[] {
  const parts = spec.workload === 'mix' ? parseMix(spec.mix ?? '')! : [{ workload: spec.workload, weight: 1 }];
  return parts.map(({ workload, weight }) => {
    const { input, varies, messages, waitingMs } = catalog[workload];
    return {
      workload,
      weight,
      workflowType: workflowTypeOf(workload, spec),
      workflowInput: input(spec),
      varyingInput: varies?.(spec),
      messages: messages?.(spec),
      waitingMs: waitingMs(spec),
    };
  });
}

/** The longest that an arrival of the run waits for by itself. Milliseconds. */
export function longestWaitMs(spec: WorkloadSpec & Pick<BenchmarkSpec, 'mix'>): number {
  return Math.max(...kindsOf(spec).map((kind) => kind.waitingMs));
}

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;
/** Another irrational number, so that lanes do not begin with the same kind. */
const LANES_APART = Math.SQRT2 - 1;

/**
 * Which kind an arrival is: by its place alone, so that a successor, and whoever settles the account, knows it too.
 * Multiples of the golden ratio lie evenly on the circle, so each kind has its share over any stretch of arrivals,
 * within a few.
 */
export function kindAt(kinds: readonly Pick<ArrivalKind, 'weight'>[], lane: number, sequence: number): number {
  if (kinds.length === 1) return 0;
  const whole = kinds.reduce((sum, { weight }) => sum + weight, 0);
  const place = ((sequence + 1) * GOLDEN_RATIO + lane * LANES_APART) % 1;
  let upTo = 0;
  for (const [i, { weight }] of kinds.entries()) {
    upTo += weight / whole;
    if (place < upTo) return i;
  }
  return kinds.length - 1;
}
