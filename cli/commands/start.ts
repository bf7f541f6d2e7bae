import type { ArgumentsCamelCase, Argv } from 'yargs';
import { startRun, withStartOptions } from '../start-run';

export const command = 'start';
export const describe = 'Start a benchmark and leave it to itself; watch shows it and ends with its verdict';

export function builder(yargs: Argv) {
  return withStartOptions(yargs);
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const started = await startRun({ ...argv, withWorker: false });
  if (started === undefined) return 0;
  const { run } = started;
  run.session?.updateRun({ watcherPid: 0 });
  await run.connection.close();
  process.stdout.write(`${run.workflowId}\n`);
  process.stderr.write(`Started. To see it end: benchmark watch ${run.workflowId}\n`);
  return 0;
}
