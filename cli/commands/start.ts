import type { ArgumentsCamelCase, Argv } from 'yargs';
import { flagName } from '../../spec/problems';
import { searchFieldNames } from '../../spec/search-fields';
import { withSearchOptions } from '../capacity-options';
import { badConfiguration } from '../errors';
import { readRun, readSearch, type ReadLaunch } from '../launch';
import { startRun, withStartOptions } from '../start-run';

export const command = 'start [what]';
export const describe = 'Start a run or a capacity search without waiting for its result';

export function builder(yargs: Argv) {
  return withSearchOptions(withStartOptions(yargs)).positional('what', {
    choices: ['run', 'capacity'] as const,
    default: 'run',
    describe: 'What to start: a run, or a search with the options of benchmark capacity',
  });
}

export async function handler(argv: ArgumentsCamelCase<Record<string, unknown>>): Promise<number> {
  const started = await startRun(
    { ...argv, 'with-worker': false },
    { read: argv.what === 'capacity' ? readSearch : readRunOnly },
  );
  if (started === undefined) return 0;
  const { run } = started;
  run.session?.unwatch();
  await run.connection.close();
  process.stdout.write(`${run.workflowId}\n`);
  process.stderr.write(`Started. To watch the run: benchmark watch ${run.workflowId}\n`);
  return 0;
}

/** Reads a run, and refuses the flags that only a search has. */
const readRunOnly: ReadLaunch = (argv, isEmbedded) => {
  const own = searchFieldNames.filter((name) => argv[name] !== undefined);
  if (own.length > 0)
    throw badConfiguration(own.map((name) => `${flagName(name)} requires benchmark start capacity`).join('\n'));
  return readRun(argv, isEmbedded);
};
