import { executeChild } from '@temporalio/workflow';
import { simple } from './simple';

export interface ChildWorkflowInput {
  readonly children: number;
}

/** Starts the given number of child workflows at the same time and waits for all of them (R1.4). */
export async function childWorkflow({ children }: ChildWorkflowInput): Promise<void> {
  await Promise.all(Array.from({ length: children }, () => executeChild(simple)));
}
