import { executeChild } from '@temporalio/workflow';
import { simple } from './simple';

export interface ChildWorkflowInput {
  readonly children: number;
}

/** R1.4: starts the given number of children at once and waits for all of them. */
export async function childWorkflow({ children }: ChildWorkflowInput): Promise<void> {
  await Promise.all(Array.from({ length: children }, () => executeChild(simple)));
}
