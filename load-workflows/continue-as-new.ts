import { continueAsNew } from '@temporalio/workflow';

export interface ContinueAsNewInput {
  /** Executions of the chain that are still to come, this one included. */
  readonly runs: number;
}

/** A chain of so many executions under one id; it is one workflow, and its last execution says how it ended. */
export async function continuing({ runs }: ContinueAsNewInput): Promise<void> {
  if (runs > 1) await continueAsNew<typeof continuing>({ runs: runs - 1 });
}
