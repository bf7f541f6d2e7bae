import { arrivalsFrom, firstDueAt, type LaneSchedule } from '../../measurement/load/arrivals';
import type { GenerateLoadInput } from '../../orchestrator/activity-types';

/** Returns what determines the due times of a lane. */
export function scheduleOf({ step, lane, lanes, process, seed }: GenerateLoadInput): LaneSchedule {
  return { line: step, lineIndex: step.index, lane, lanes, process, seed };
}

/** Returns the first sequence of the lane that is due at or after the given time of the step, milliseconds. */
export function firstDueAfter(input: GenerateLoadInput, stepMs: number): number {
  return firstDueAt(scheduleOf(input), stepMs);
}

/** Returns when an arrival of the lane is due, milliseconds from the start of the step; Infinity after the last one. */
export function dueTimeOf(input: GenerateLoadInput, sequence: number): number {
  return arrivalsFrom(scheduleOf(input), sequence).dueMs;
}
