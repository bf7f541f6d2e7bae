import { multiActivity, type MultiActivityInput } from './multi-activity';

/** R1.5: fast activities one after another, each a round through every service of the cluster. */
export async function stateTransitions(input: MultiActivityInput): Promise<void> {
  await multiActivity(input);
}
