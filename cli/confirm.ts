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
  // Ctrl-C closes the prompt, and the question is then never answered.
  const closed = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
  const answer = await Promise.race([prompt.question(`${question} [y/N] `), closed]);
  prompt.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('not confirmed; nothing was done');
}
