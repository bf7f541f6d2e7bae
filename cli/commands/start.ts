import type { ArgumentsCamelCase, Argv } from 'yargs';
import { startRun, withStartOptions } from '../start-run';

export const command = 'start';
export const describe = 'Start a benchmark without waiting for its result';

export function builder(yargs: Argv) {
  return withStartOptions(yargs);
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const started = await startRun({ ...argv, 'with-worker': false });
  if (started === undefined) return 0;
  const { run } = started;
  run.session?.updateRun({ watcherPid: 0 });
  await run.connection.close();
  process.stdout.write(`${run.workflowId}\n`);
  process.stderr.write(`Started. To watch the run: benchmark watch ${run.workflowId}\n`);
  return 0;
}
