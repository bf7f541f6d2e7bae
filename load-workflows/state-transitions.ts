import { multiActivity, type MultiActivityInput } from './multi-activity';

/** Runs fast activities one after another. Each one involves every service of the cluster (R1.5). */
export async function stateTransitions(input: MultiActivityInput): Promise<void> {
  await multiActivity(input);
}
