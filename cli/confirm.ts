import { createInterface } from 'node:readline/promises';
import { badConfiguration, CliError } from './errors';

/**
 * Asks a question on the terminal. Throws unless the answer is yes, and a configuration error if there is no terminal.
 *
 * @param action what `--yes` permits, for the error
 */
export async function confirm(question: string, action: string): Promise<void> {
  if (!process.stdin.isTTY) throw badConfiguration(`--yes is required to ${action}`);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await prompt.question(`${question} [y/N] `);
  prompt.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('not confirmed; nothing was done');
}
