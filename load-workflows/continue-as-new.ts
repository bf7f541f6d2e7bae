import { continueAsNew } from '@temporalio/workflow';

export interface ContinueAsNewInput {
  /** Remaining runs of the chain, including this one. */
  readonly runs: number;
}

/** Runs a chain of runs with one workflow id. It counts as one workflow, with the status of its last run. */
export async function continuing({ runs }: ContinueAsNewInput): Promise<void> {
  if (runs > 1) await continueAsNew<typeof continuing>({ runs: runs - 1 });
}
